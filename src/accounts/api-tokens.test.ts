import { describe, expect, it } from 'vitest';
import { basic, cookieOf, ended, home, openTestAccounts } from '../../test/support/test-accounts.ts';
import type { Principal } from '../domain/users/user.ts';

describe('API tokens', () => {
  it('open what their user may, in three ways, until they are revoked', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const bob = await test.add('bob', 'operator', ['front']);
    const { token, info } = await test.accounts.tokens.create({ username: 'BOB', name: ' OctoPrint ' });
    expect(token).toMatch(/^porthole_[A-Za-z0-9_-]{43}$/);
    expect(info).toMatchObject({ name: 'OctoPrint', username: 'bob', lastUsedAt: null });
    const ways = [
      await test.accounts.authenticate({ authorization: `Bearer ${token}` }, undefined, home),
      await test.accounts.authenticate({ authorization: basic('bob', token) }, undefined, home),
      await test.accounts.authenticate({}, token, home),
    ];
    for (const principal of ways) {
      expect(principal).toMatchObject({ kind: 'token', role: 'operator', cameras: ['front'], sessionId: null });
      expect(principal?.grant).toBe(ways[0]?.grant);
    }
    expect(await test.accounts.authenticate({ authorization: basic('ada', token) }, undefined, home)).toBeNull();
    const [listed] = await test.accounts.tokens.list(bob.principal);
    expect(listed?.lastUsedAt).toBeGreaterThanOrEqual(info.createdAt);
    await test.accounts.tokens.revoke(bob.principal, info.id);
    expect(test.wasRevoked(ways[0] ?? null)).toBe(true);
    expect(await test.accounts.authenticate({}, token, home)).toBeNull();
    const again = test.accounts.tokens.revoke(bob.principal, info.id);
    await expect(again).rejects.toMatchObject({ code: 'token_not_found' });
  });

  it('are seen and revoked by their user and by admins only', async () => {
    await using test = await openTestAccounts();
    const admin = await test.byCookie(cookieOf(await test.setUp()));
    const [bob, eve] = [await test.add('bob'), await test.add('eve')];
    const { info } = await test.accounts.tokens.create({ username: 'bob', name: 'x' });
    expect(await test.accounts.tokens.list(eve.principal)).toEqual([]);
    await expect(test.accounts.tokens.revoke(eve.principal, info.id)).rejects.toMatchObject({
      code: 'token_not_found',
    });
    expect(await test.accounts.tokens.list(bob.principal)).toEqual([info]);
    expect(await test.accounts.tokens.list(admin)).toEqual([info]);
    await test.accounts.tokens.revoke(admin, info.id);
    expect(await test.accounts.tokens.list(admin)).toEqual([]);
  });

  it('of the scope watch do not act for their user, and show no more than the user may see', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const bob = await test.add('bob', 'admin', ['front', 'garden']);
    const make = (cameras: readonly string[] | null) =>
      test.accounts.tokens.create({ username: 'bob', name: 'wall', scope: 'watch', cameras });
    const seen = async (token: string) => {
      const principals = [
        await test.accounts.authenticate({ authorization: `Bearer ${token}` }, undefined, home),
        await test.accounts.authenticate({ authorization: basic('bob', token) }, undefined, home),
        await test.accounts.authenticate({}, token, home),
      ];
      for (const principal of principals) {
        expect(principal).toMatchObject({ kind: 'token', user: null, role: 'viewer', sessionId: null });
      }
      expect(new Set(principals.map((principal) => String(principal?.cameras))).size).toBe(1);
      return principals[0] ?? null;
    };
    const [all, some] = [await make(null), await make(['garden', 'attic'])];
    expect((await seen(all.token))?.cameras).toEqual(['front', 'garden']);
    const narrow = await seen(some.token);
    expect(narrow?.cameras).toEqual(['garden']);
    expect(some.info).toMatchObject({ scope: 'watch', cameras: ['garden', 'attic'], role: 'viewer', expiresAt: null });
    await expect(test.accounts.tokens.list(narrow as Principal)).rejects.toMatchObject({ code: 'not_signed_in' });
    await test.accounts.users.update(bob.user.id, { cameras: null });
    expect(await ended(test.accounts, narrow)).toBe(true);
    expect((await seen(some.token))?.cameras).toEqual(['garden', 'attic']);
    expect((await seen(all.token))?.cameras).toBeNull();
  });

  it('without limits are full ones, also those of earlier versions, and say what they may do', async () => {
    await using test = await openTestAccounts();
    const admin = await test.byCookie(cookieOf(await test.setUp()));
    const { token, info } = await test.accounts.tokens.create({ username: 'ada', name: 'old' });
    expect(info).toMatchObject({ scope: 'full', cameras: null, expiresAt: null, role: 'admin' });
    const { kysely } = test.database;
    const { scope: _, ...row } = await kysely.selectFrom('tokens').selectAll().executeTakeFirstOrThrow();
    await kysely.deleteFrom('tokens').execute();
    await kysely.insertInto('tokens').values(row).execute();
    expect(await test.accounts.tokens.list(admin)).toEqual([info]);
    expect(await test.accounts.authenticate({}, token, home)).toMatchObject({
      role: 'admin',
      user: { username: 'Ada' },
    });
  });

  it('whose limits cannot be read allow nothing', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const { token } = await test.accounts.tokens.create({ username: 'ada', name: 'x' });
    const set = (values: object) => test.database.kysely.updateTable('tokens').set(values).execute();
    await set({ scope: 'everything' });
    expect(await test.accounts.authenticate({}, token, home)).toMatchObject({
      user: null,
      role: 'viewer',
      cameras: [],
    });
    await set({ scope: 'watch', cameras: '{' });
    expect(await test.accounts.authenticate({}, token, home)).toMatchObject({
      user: null,
      role: 'viewer',
      cameras: [],
    });
    await set({ scope: 'full', cameras: null, expiresAt: 'soon' });
    expect(await test.accounts.authenticate({}, token, home)).toBeNull();
    expect(await test.accounts.tokens.all()).toMatchObject([{ scope: 'watch', cameras: [], expiresAt: 0 }]);
  });

  it('end when they expire, and one that expires creates none that lasts longer', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const expiresAt = Date.now() + 3_600_000;
    const made = await test.accounts.tokens.create({ username: 'ada', name: 'x', expiresAt });
    const principal = (await test.accounts.authenticate({}, made.token, home)) as Principal;
    const child = async (end: number | null) =>
      (await test.accounts.tokens.create({ username: 'ada', name: 'y', expiresAt: end }, principal)).info.expiresAt;
    expect([await child(null), await child(expiresAt + 1), await child(expiresAt - 1)]).toEqual([
      expiresAt,
      expiresAt,
      expiresAt - 1,
    ]);
    expect(await ended(test.accounts, principal)).toBe(false);
    await test.database.kysely.updateTable('tokens').set({ expiresAt: Date.now() }).execute();
    expect(await ended(test.accounts, principal)).toBe(true);
    for (const authorization of [`Bearer ${made.token}`, basic('ada', made.token)]) {
      expect(await test.accounts.authenticate({ authorization }, undefined, home)).toBeNull();
    }
    expect(await test.accounts.authenticate({}, made.token, home)).toBeNull();
  });

  it('are at most 50 of one user, even when they are created at once; expired ones make room', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    await test.add('bob');
    const create = (username: string) => test.accounts.tokens.create({ username, name: 'x' });
    const results = await Promise.allSettled(Array.from({ length: 60 }, () => create('bob')));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
    await expect(create('bob')).rejects.toMatchObject({ code: 'too_many_tokens', message: /Revoke one/ });
    await create('ada');
    await test.database.kysely
      .updateTable('tokens')
      .set({ expiresAt: Date.now() - 1 })
      .where('id', '=', (await test.accounts.tokens.all()).find(({ username }) => username === 'bob')?.id ?? '')
      .execute();
    await create('bob');
    await expect(create('bob')).rejects.toMatchObject({ code: 'too_many_tokens' });
  });

  it('survive a new password unless an admin chooses otherwise', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const bob = await test.add('bob');
    await test.add('eve');
    const mine = await test.accounts.tokens.create({ username: 'bob', name: 'x' });
    const other = await test.accounts.tokens.create({ username: 'eve', name: 'x' });
    const [principal, eve] = [
      await test.accounts.authenticate({}, mine.token, home),
      await test.accounts.authenticate({}, other.token, home),
    ];
    await test.accounts.users.update(bob.user.id, { password: 'another password' });
    expect(await ended(test.accounts, principal)).toBe(false);
    await test.accounts.users.update(bob.user.id, { password: 'a third password', revokeTokens: true });
    expect([test.wasRevoked(principal), test.wasRevoked(eve)]).toEqual([true, false]);
    expect(await ended(test.accounts, principal)).toBe(true);
    expect(await test.accounts.authenticate({}, mine.token, home)).toBeNull();
    expect(await test.accounts.authenticate({}, other.token, home)).not.toBeNull();
  });

  it.each([
    [{ scope: 'everything' }, 'scope'],
    [{ cameras: ['front'] }, 'cameras'],
    [{ scope: 'watch', cameras: ['../x'] }, 'cameras'],
    [{ scope: 'watch', cameras: 'front' }, 'cameras'],
    [{ expiresAt: 1 }, 'expiresAt'],
    [{ expiresAt: NaN }, 'expiresAt'],
    [{ expiresAt: Infinity }, 'expiresAt'],
    [{ expiresAt: '2030-01-01' }, 'expiresAt'],
  ])('with the limits %j are refused', async (limits, field) => {
    await using test = await openTestAccounts();
    await test.setUp();
    const input = { username: 'ada', name: 'x', ...(limits as object) };
    await expect(test.accounts.tokens.create(input)).rejects.toMatchObject({ code: 'invalid_input', field });
  });

  it('need a user and a name', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const create = (username: string, name: string) => test.accounts.tokens.create({ username, name });
    await expect(create('nobody', 'x')).rejects.toMatchObject({ code: 'user_not_found' });
    await expect(create('ada', ' ')).rejects.toMatchObject({ code: 'invalid_input', field: 'name' });
    await expect(create('ada', 'x'.repeat(61))).rejects.toMatchObject({ code: 'invalid_input', field: 'name' });
    // On the terminal of an admin who lists tokens, these would be orders, or turn the rest of the line round.
    for (const name of ['x\u001b[2Jy', 'x\ny', 'x\u202ey']) {
      await expect(create('ada', name)).rejects.toMatchObject({ code: 'invalid_input', field: 'name' });
    }
  });
});

import { describe, expect, it } from 'vitest';
import { basic, cookieOf, ended, home, openTestAccounts, password } from '../../test/support/test-accounts.ts';
import type { Role } from '../domain/users/role.ts';
import type { Principal } from '../domain/users/user.ts';

describe('users', () => {
  it('are added with role and cameras, once each in any case, and removed with all that is theirs', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const bob = await test.add('Bob.B-2_', 'operator', ['front', 'garden']);
    expect(bob.user).toMatchObject({ username: 'Bob.B-2_', role: 'operator', cameras: ['front', 'garden'] });
    expect(bob.principal).toMatchObject({ role: 'operator', cameras: ['front', 'garden'] });
    expect((await test.accounts.users.list()).map((user) => user.username)).toEqual(['Ada', 'Bob.B-2_']);
    const again = { username: 'BOB.b-2_', password, role: 'viewer' as const, cameras: null };
    await expect(test.accounts.users.add(again)).rejects.toMatchObject({ code: 'user_exists', field: 'username' });
    const both = await Promise.allSettled([1, 2].map(() => test.accounts.users.add({ ...again, username: 'twin' })));
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    const { token } = await test.accounts.tokens.create({ username: 'bob.b-2_', name: 'x' });
    await test.accounts.users.remove(bob.user.id);
    expect(test.wasRevoked(bob.principal)).toBe(true);
    expect(await test.accounts.authenticate({ cookie: bob.cookie }, undefined, home)).toBeNull();
    expect(await test.accounts.authenticate({}, token, home)).toBeNull();
    for (const work of [test.accounts.users.remove(bob.user.id), test.accounts.users.update('x', { role: 'admin' })]) {
      await expect(work).rejects.toMatchObject({ code: 'user_not_found' });
    }
    await expect(test.accounts.signIn({ username: 'bob.b-2_', password }, home)).rejects.toThrow();
  });

  it('with impossible roles or cameras are refused by field', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const add = (role: unknown, cameras: unknown) =>
      test.accounts.users.add({ username: 'x', password, role: role as Role, cameras: cameras as string[] });
    await expect(add('root', null)).rejects.toMatchObject({ field: 'role' });
    await expect(add('viewer', ['../x'])).rejects.toMatchObject({ field: 'cameras' });
    await expect(add('viewer', 'front')).rejects.toMatchObject({ field: 'cameras' });
  });
});

describe('a change', () => {
  it('of one’s password ends all other sign-ins at once and keeps this one', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const bob = await test.add('bob');
    const second = await test.byCookie(cookieOf(await test.accounts.signIn({ username: 'bob', password }, home)));
    const byPassword = await test.accounts.authenticate({ authorization: basic('bob', password) }, undefined, home);
    const short = test.accounts.changePassword(bob.principal, { current: password, next: 'short' });
    await expect(short).rejects.toMatchObject({ code: 'invalid_input', field: 'next' });
    await test.accounts.changePassword(bob.principal, { current: password, next: 'another password' });
    expect(test.wasRevoked(bob.principal)).toBe(false);
    expect(await ended(test.accounts, bob.principal)).toBe(false);
    for (const other of [second, byPassword]) {
      expect(test.wasRevoked(other)).toBe(true);
      expect(await ended(test.accounts, other)).toBe(true);
    }
    expect(await test.accounts.sessions.list(bob.principal)).toHaveLength(1);
    await expect(test.accounts.signIn({ username: 'bob', password }, home)).rejects.toThrow();
    await test.accounts.signIn({ username: 'bob', password: 'another password' }, home);
  });

  it('of role or cameras ends streams opened under the old one, and leaves people signed in', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const bob = await test.add('bob', 'operator');
    const { token } = await test.accounts.tokens.create({ username: 'bob', name: 'script' });
    const byToken = await test.accounts.authenticate({}, token, home);
    await test.accounts.users.update(bob.user.id, { cameras: ['front'] });
    for (const principal of [bob.principal, byToken]) {
      expect(test.wasRevoked(principal)).toBe(true);
      expect(await ended(test.accounts, principal)).toBe(true);
    }
    const now = await test.byCookie(bob.cookie);
    expect(now).toMatchObject({ cameras: ['front'], sessionId: bob.principal.sessionId });
    expect(await ended(test.accounts, now)).toBe(false);
    await test.accounts.users.update(bob.user.id, { role: 'viewer' });
    expect((await test.byCookie(bob.cookie)).role).toBe('viewer');
    expect(await ended(test.accounts, now)).toBe(true);
    // Nothing new, nothing ended.
    const viewer = await test.byCookie(bob.cookie);
    await test.accounts.users.update(bob.user.id, { role: 'viewer', cameras: ['front'] });
    expect(await ended(test.accounts, viewer)).toBe(false);
  });

  it('of a password by an admin signs the user out everywhere', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const bob = await test.add('bob');
    await test.accounts.users.update(bob.user.id, { password: 'another password' });
    expect(test.wasRevoked(bob.principal)).toBe(true);
    expect(await test.accounts.authenticate({ cookie: bob.cookie }, undefined, home)).toBeNull();
  });

  it('by another process is found by asking', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const [bob, eve, dan] = [await test.add('bob'), await test.add('eve'), await test.add('dan')];
    const line = await test.elsewhere();
    const { token, info } = await line.tokens.create({ username: 'dan', name: 'x' });
    const byToken = await test.accounts.authenticate({ authorization: `Bearer ${token}` }, undefined, home);
    await line.users.remove(bob.user.id);
    await line.users.update(eve.user.id, { role: 'operator' });
    const admin = (await line.authenticate({ authorization: basic('ada', password) }, undefined, home)) as Principal;
    await line.tokens.revoke(admin, info.id);
    const grants = [bob.principal, eve.principal, dan.principal, byToken].map((principal) => principal?.grant ?? '');
    expect(await test.accounts.recheck(new Set([...grants, 'public', 'nonsense']))).toEqual(
      new Set([grants[0], grants[1], grants[3], 'nonsense']),
    );
  });

  it('that takes the last admin away is refused, also when two are demoted at once', async () => {
    await using test = await openTestAccounts();
    const { user } = await test.setUp();
    await expect(test.accounts.users.update(user.id, { role: 'viewer' })).rejects.toMatchObject({ code: 'last_admin' });
    await expect(test.accounts.users.remove(user.id)).rejects.toMatchObject({ code: 'last_admin' });
    const second = await test.add('bob', 'admin');
    const results = await Promise.allSettled([
      test.accounts.users.update(user.id, { role: 'viewer' }),
      test.accounts.users.remove(second.user.id),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
  });
});

import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { basic, cookieOf, home, openTestAccounts, password } from '../../test/support/test-accounts.ts';

describe('revocations while the database can be read but not written', () => {
  it('hold at once in this process, say that they are not saved, and are saved when that works', async () => {
    await using test = await openTestAccounts();
    const { accounts } = test;
    const writable = (on: boolean) => sql.raw(`pragma query_only = ${on ? 'off' : 'on'}`).execute(test.database.kysely);
    const admin = await test.byCookie(cookieOf(await test.setUp()));
    const [out, ended, demoted, removed, changed] = [
      await test.add('out'),
      await test.add('ended'),
      await test.add('demoted', 'admin'),
      await test.add('removed'),
      await test.add('changed', 'operator'),
    ] as const;
    const token = await accounts.tokens.create({ username: 'Ada', name: 'script' });
    const byToken = { authorization: `Bearer ${token.token}` };
    const tokenPrincipal = await accounts.authenticate(byToken, undefined, home);
    const ofRemoved = await accounts.tokens.create({ username: 'removed', name: 'script' });
    await writable(false);

    const unsaved = {
      code: 'storage_failed',
      message: expect.stringContaining('holds until Porthole restarts') as string,
    };
    expect((await accounts.signOut(out.cookie)).unsaved).toMatchObject(unsaved);
    await expect(accounts.sessions.revoke(admin, ended.principal.sessionId ?? '')).rejects.toMatchObject(unsaved);
    await expect(accounts.tokens.revoke(admin, token.info.id)).rejects.toMatchObject(unsaved);
    await expect(accounts.users.update(demoted.user.id, { role: 'viewer', cameras: ['front'] })).rejects.toMatchObject(
      unsaved,
    );
    await expect(accounts.users.remove(removed.user.id)).rejects.toMatchObject(unsaved);
    await expect(accounts.users.update(changed.user.id, { password: 'a new password' })).rejects.toMatchObject(unsaved);
    // The rules hold: the demoted admin no longer counts.
    await expect(accounts.users.update(admin.user?.id ?? '', { role: 'viewer' })).rejects.toMatchObject({
      code: 'last_admin',
    });
    await expect(accounts.users.remove(admin.user?.id ?? '')).rejects.toMatchObject({ code: 'last_admin' });
    await expect(accounts.tokens.revoke(admin, 'unknown')).rejects.toMatchObject({ code: 'token_not_found' });

    const principals = [out, ended, demoted, removed, changed].map((each) => each.principal);
    for (const each of [...principals, tokenPrincipal]) expect(test.wasRevoked(each)).toBe(true);
    const now = async (cookie: string) => accounts.authenticate({ cookie }, undefined, home);
    for (const { cookie } of [out, ended, removed, changed]) expect(await now(cookie)).toBeNull();
    expect(await now(demoted.cookie)).toMatchObject({ role: 'viewer', cameras: ['front'], user: { role: 'viewer' } });
    expect(await accounts.authenticate(byToken, undefined, home)).toBeNull();
    expect(await accounts.authenticate({ authorization: `Bearer ${ofRemoved.token}` }, undefined, home)).toBeNull();
    expect(await accounts.authenticate({ authorization: basic('changed', password) }, undefined, home)).toBeNull();

    await writable(true);
    // With the old password, nobody gets in while the new one is not saved.
    await expect(accounts.signIn({ username: 'changed', password }, home)).rejects.toMatchObject({
      code: 'wrong_password',
    });
    await accounts.close();
    const later = await test.elsewhere();
    for (const { cookie } of [out, ended, removed, changed]) {
      expect(await later.authenticate({ cookie }, undefined, home)).toBeNull();
    }
    expect((await later.users.list()).map(({ username, role }) => [username, role])).toEqual([
      ['Ada', 'admin'],
      ['changed', 'operator'],
      ['demoted', 'viewer'],
      ['ended', 'viewer'],
      ['out', 'viewer'],
    ]);
    expect(await later.authenticate(byToken, undefined, home)).toBeNull();
    expect((await later.signIn({ username: 'changed', password: 'a new password' }, home)).user.role).toBe('operator');
  });
});

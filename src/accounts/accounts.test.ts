import { describe, expect, it } from 'vitest';
import { cookieOf, ended, home, openTestAccounts, password } from '../../test/support/test-accounts.ts';
import { testEngines } from '../store/test-databases.ts';

describe('set-up', () => {
  it('makes the first admin with the code, which then is worth nothing', async () => {
    await using test = await openTestAccounts();
    expect(test.accounts.setupCode).toBe('the-code');
    expect(await test.accounts.needsSetup()).toBe(true);
    const signedIn = await test.setUp();
    expect(signedIn.user).toMatchObject({ username: 'Ada', role: 'admin', cameras: null });
    expect((await test.byCookie(cookieOf(signedIn))).user).toEqual(signedIn.user);
    expect(test.accounts.setupCode).toBeNull();
    expect(await test.accounts.needsSetup()).toBe(false);
    const again = test.accounts.setUp({ code: 'the-code', username: 'eve', password }, home);
    await expect(again).rejects.toMatchObject({ code: 'setup_done' });
    expect(await test.accounts.users.list()).toHaveLength(1);
  });

  it('is done once, even when two do it at the same time', async () => {
    await using test = await openTestAccounts();
    const tries = await Promise.allSettled(
      ['ada', 'eve'].map((username) => test.accounts.setUp({ code: 'the-code', username, password }, home)),
    );
    expect(tries.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await test.accounts.users.list()).toHaveLength(1);
  });

  it('refuses a wrong code, and after many any code', async () => {
    await using test = await openTestAccounts();
    const guess = (code: string) => test.accounts.setUp({ code, username: 'eve', password }, home);
    for (const code of ['', 'the-cod', 'the-codes', 'THE-CODE']) {
      await expect(guess(code)).rejects.toMatchObject({ code: 'setup_code_wrong', field: 'code' });
    }
    for (let index = 0; index < 30; index += 1) await guess(`guess ${index}`).catch(() => {});
    await expect(guess('the-code')).rejects.toMatchObject({ code: 'too_many_requests' });
    expect(await test.accounts.needsSetup()).toBe(true);
  });

  it('says which field is wrong, and leaves the code good', async () => {
    await using test = await openTestAccounts();
    const attempt = (username: string, secret: string) =>
      test.accounts.setUp({ code: 'the-code', username, password: secret }, home);
    for (const name of ['', 'a b', 'ä', 'x'.repeat(31), '../etc', 'a@b']) {
      await expect(attempt(name, password)).rejects.toMatchObject({ code: 'invalid_input', field: 'username' });
    }
    await expect(attempt('ada', '1234567')).rejects.toMatchObject({ field: 'password', message: /at least 8/ });
    await expect(attempt('ada', 'x'.repeat(129))).rejects.toMatchObject({ field: 'password', message: /at most 128/ });
    expect(await test.accounts.users.list()).toEqual([]);
    expect((await test.setUp()).user.username).toBe('Ada');
  });

  it('has a code that nobody can guess, a new one for each start', async () => {
    await using one = await openTestAccounts({ setupCode: undefined });
    const other = await one.elsewhere({ setupCode: undefined });
    expect(one.accounts.setupCode).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    expect(other.setupCode).not.toBe(one.accounts.setupCode);
  });

  it('ends when another process adds the first user, who has to be an admin', async () => {
    await using test = await openTestAccounts();
    const line = await test.elsewhere();
    const user = { username: 'Bob', password, cameras: null };
    await expect(line.users.add({ ...user, role: 'viewer' })).rejects.toMatchObject({ field: 'role' });
    await line.users.add({ ...user, role: 'admin' });
    await expect(test.setUp()).rejects.toMatchObject({ code: 'setup_done' });
    expect(test.accounts.setupCode).toBeNull();
  });

  it('is not needed with PORTHOLE_ADMIN_PASSWORD, which counts only while there is no user', async () => {
    await using test = await openTestAccounts({ adminPassword: password });
    expect(test.accounts.setupCode).toBeNull();
    expect(await test.accounts.needsSetup()).toBe(false);
    const { user } = await test.accounts.signIn({ username: 'admin', password }, home);
    expect(user.role).toBe('admin');
    const later = await test.elsewhere({ adminPassword: 'another password' });
    const wrong = later.signIn({ username: 'admin', password: 'another password' }, home);
    await expect(wrong).rejects.toMatchObject({ code: 'wrong_password' });
    await expect(openTestAccounts({ adminPassword: 'short' })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('signing in on $kind', (engine) => {
  it('sets a cookie that scripts cannot read, and is known by it', async () => {
    await using test = await openTestAccounts({}, engine);
    await test.setUp();
    const signedIn = await test.accounts.signIn({ username: 'ADA', password }, home);
    expect(signedIn.setCookies).toHaveLength(2);
    const [cookie, device] = signedIn.setCookies;
    expect(cookie).toMatch(/^porthole_session=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(device).toMatch(/^porthole_device=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(await test.byCookie(`other=1; ${cookieOf(signedIn)}; more=2`)).toMatchObject({
      kind: 'session',
      role: 'admin',
      cameras: null,
      sessionId: signedIn.sessionId,
      user: { username: 'Ada' },
    });
  });

  it('is Secure where the page is', async () => {
    await using test = await openTestAccounts({ secureCookies: true }, engine);
    const signedIn = await test.setUp();
    expect(signedIn.setCookies[0]).toMatch(/^porthole_session=.*; Secure/);
    expect(signedIn.setCookies[1]).toMatch(/^porthole_device=.*; Secure/);
    expect((await test.accounts.signOut(cookieOf(signedIn))).setCookies[0]).toMatch(/Max-Age=0.*Secure/);
    expect(test.accounts.newVisitor().setCookies[0]).toContain('; Secure');
  });

  it('refuses a wrong name and a wrong password with the same words', async () => {
    await using test = await openTestAccounts({}, engine);
    await test.setUp();
    for (const [username, secret] of [
      ['ada', 'wrong password'],
      ['nobody', password],
      ["' or 1=1 --", password],
      ['ada', ''],
      ['', ''],
      ['ada', 'x'.repeat(100_000)],
    ] as const) {
      const attempt = test.accounts.signIn({ username, password: secret }, home);
      await expect(attempt).rejects.toMatchObject({ code: 'wrong_password' });
    }
  });

  it('is over with the sign-out, its cookie deleted and its streams told', async () => {
    await using test = await openTestAccounts({}, engine);
    const cookie = cookieOf(await test.setUp());
    const principal = await test.byCookie(cookie);
    expect(await ended(test.accounts, principal)).toBe(false);
    const { setCookies } = await test.accounts.signOut(cookie);
    expect(setCookies).toEqual(['porthole_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax']);
    expect(test.wasRevoked(principal)).toBe(true);
    expect(await ended(test.accounts, principal)).toBe(true);
    expect(await test.accounts.authenticate({ cookie }, undefined, home)).toBeNull();
    expect((await test.accounts.signOut('nothing')).setCookies).toHaveLength(1);
  });

  it('lasts over a restart, and expires when it is not used', async () => {
    await using test = await openTestAccounts({}, engine);
    const cookie = cookieOf(await test.setUp());
    const other = await test.elsewhere();
    const principal = await other.authenticate({ cookie }, undefined, home);
    expect(principal?.user?.username).toBe('Ada');
    const { kysely } = test.database;
    await kysely
      .updateTable('sessions')
      .set({ updatedAt: test.database.date(Date.now() - 86_400_000) })
      .execute();
    expect(await ended(other, principal)).toBe(false);
    const [row] = await kysely.selectFrom('sessions').select(['updatedAt', 'expiresAt']).execute();
    expect(Date.now() - new Date(row?.updatedAt ?? 0).getTime()).toBeLessThan(60_000);
    await kysely
      .updateTable('sessions')
      .set({ expiresAt: test.database.date(Date.now() - 1) })
      .execute();
    expect(await other.authenticate({ cookie }, undefined, home)).toBeNull();
    expect(await ended(other, principal)).toBe(true);
  });
});

it('no secret is in the log or readable in the database', async () => {
  await using test = await openTestAccounts();
  const signedIn = await test.setUp();
  const { token } = await test.accounts.tokens.create({ username: 'ada', name: 'x' });
  await test.accounts.authenticate({}, token, home);
  await test.accounts.signIn({ username: 'ada', password: 'wrong password' }, home).catch(() => {});
  await test.accounts.signOut(cookieOf(signedIn));
  const { readFile } = await import('node:fs/promises');
  const stored =
    (await readFile(`${test.dataFolder}/porthole.db`, 'latin1')) +
    (await readFile(`${test.dataFolder}/porthole.db-wal`, 'latin1'));
  const logged = test.lines.join('');
  expect(logged).toContain('signed in');
  for (const secret of [password, 'wrong password', token, cookieOf(signedIn), 'the-code']) {
    expect(logged.includes(secret)).toBe(false);
    expect(stored.includes(secret)).toBe(false);
  }
});

import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { cheapHash } from '../../../test/support/cheap-hash.ts';
import { basic, cookieOf, home, openTestAccounts, password } from '../../../test/support/test-accounts.ts';

describe('wrong passwords', () => {
  it('lock out the address they come from, in every way of sending them, and nobody else', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const from = (ip: string) => ({ ip, userAgent: null });
    const wrong = (username: string, ip: string) =>
      test.accounts
        .signIn({ username, password: 'wrong password' }, from(ip))
        .catch((error: { code: string }) => error.code);
    const attacker = '192.0.2.66';
    const codes: unknown[] = [];
    for (let index = 0; index < 5; index += 1) codes.push(await wrong('ada', attacker));
    for (let index = 0; index < 5; index += 1) {
      const authorization = basic('Ada', `wrong ${index}`);
      codes.push(await test.accounts.authenticate({ authorization }, undefined, from(attacker)));
    }
    expect(codes).toEqual([...Array<string>(5).fill('wrong_password'), ...Array<null>(5).fill(null)]);
    // Even the right one now, from there.
    const right = test.accounts.signIn({ username: 'ada', password }, from(attacker));
    await expect(right).rejects.toMatchObject({ code: 'too_many_requests' });
    const header = { authorization: basic('ada', password) };
    const asked = test.accounts.authenticate(header, undefined, from(attacker));
    await expect(asked).rejects.toMatchObject({ code: 'too_many_requests' });
    // The owner signs in elsewhere.
    const owner = await test.accounts.signIn({ username: 'ada', password }, from('198.51.100.1'));
    expect(owner.user.username).toBe('Ada');
    expect((await test.accounts.authenticate(header, undefined, from('198.51.100.2')))?.role).toBe('admin');
  });

  it('from one address are limited for all names together: many at once are no way around it', async () => {
    await using test = await openTestAccounts();
    await test.setUp();
    const wrong = (username: string) =>
      test.accounts
        .signIn({ username, password: 'wrong password' }, { ip: '203.0.113.5', userAgent: null })
        .catch((error: { code: string }) => error.code);
    const results = await Promise.all(Array.from({ length: 40 }, (_, index) => wrong(`user${index}`)));
    expect(new Set(results)).toEqual(new Set(['wrong_password', 'sign_in_busy']));
    const more: unknown[] = [];
    for (let index = 0; index < 30; index += 1) more.push(await wrong(`other${index}`));
    const checked = [...results, ...more].filter((code) => code === 'wrong_password');
    expect(checked).toHaveLength(30);
    expect(await wrong('ada')).toBe('too_many_requests');
  });

  it('from many addresses lock out strangers, but no device that the owner has signed in with', async () => {
    await using test = await openTestAccounts();
    const known = (await test.setUp()).setCookies.map((each) => each.split(';')[0]).join('; ');
    await test.add('bob');
    for (let index = 0; index < 100; index += 1) {
      const facts = { ip: `203.0.113.${index}`, userAgent: null };
      await test.accounts.signIn({ username: 'ada', password: 'wrong' }, facts).catch(() => undefined);
    }
    const signIn = (cookie: string, username = 'ada', secret = password) =>
      test.accounts.signIn({ username, password: secret }, { ...home, ip: '198.51.100.1', cookie }).then(
        (signedIn) => signedIn.setCookies.map((each) => each.split(';')[0]).join('; '),
        (error: { code: string }) => error.code,
      );
    // A program that sends the password from where it was right before.
    const asked = await test.accounts.authenticate({ authorization: basic('ada', password) }, undefined, home);
    expect(asked?.role).toBe('admin');
    expect(await signIn('')).toBe('too_many_requests');
    for (const forged of [
      known.replace(/porthole_device=\w/, 'porthole_device=!'),
      known.replace(/(porthole_device=[^;]*)\.0\./, '$1.1.'),
      (await signIn('', 'bob')).replace(/porthole_session=[^;]*; /, ''),
    ]) {
      expect(await signIn(forged)).toBe('too_many_requests');
    }
    const again = await signIn(known);
    expect(again).toContain('porthole_session=');
    // A new password makes devices unknown, apart from the one that sets it.
    const principal = await test.byCookie(again);
    const changed = await test.accounts.changePassword(principal, { current: password, next: 'another password' });
    const own = changed.setCookies[0]?.split(';')[0] ?? '';
    expect(await signIn(known, 'ada', 'another password')).toBe('too_many_requests');
    expect(await signIn(own, 'ada', 'another password')).toContain('porthole_session=');
    // A known device guesses no more often than others.
    for (let index = 0; index < 10; index += 1) expect(await signIn(own, 'ada', 'wrong')).toBe('wrong_password');
    expect(await signIn(own, 'ada', 'another password')).toBe('too_many_requests');
  });

  it('and right ones are hashed one at a time, wherever they come from', async () => {
    let running = 0;
    let most = 0;
    const alone = async <T>(work: Promise<T>): Promise<T> => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return work;
    };
    const passwordHash = {
      hash: (text: string) => alone(cheapHash.hash(text)),
      verify: (given: { hash: string; password: string }) => alone(cheapHash.verify(given)),
    };
    await using test = await openTestAccounts({ passwordHash });
    const principal = await test.byCookie(cookieOf(await test.setUp()));
    const { user } = await test.add('bob');
    const facts = (index: number) => ({ ip: `192.0.2.${index}`, userAgent: null });
    const results = await Promise.allSettled([
      ...Array.from({ length: 16 }, (_, index) => test.accounts.signIn({ username: 'ada', password }, facts(index))),
      ...Array.from({ length: 8 }, (_, index) =>
        test.accounts.authenticate({ authorization: basic('bob', `x${index}`) }, undefined, facts(index)),
      ),
      test.accounts.users.add({ username: 'eve', password, role: 'viewer', cameras: null }),
      test.accounts.users.update(user.id, { password: 'another password' }),
      test.accounts.changePassword(principal, { current: 'wrong', next: 'another password' }).catch(() => undefined),
    ]);
    expect(results.map((one) => one.status)).toEqual(results.map(() => 'fulfilled'));
    expect(most).toBe(1);
  });

  it('guessed in the form that changes it are limited as well', async () => {
    await using test = await openTestAccounts();
    const principal = await test.byCookie(cookieOf(await test.setUp()));
    const change = (current: string) => test.accounts.changePassword(principal, { current, next: 'another password' });
    for (let index = 0; index < 10; index += 1) {
      await expect(change('wrong')).rejects.toMatchObject({ code: 'wrong_current_password', field: 'current' });
    }
    await expect(change(password)).rejects.toMatchObject({ code: 'too_many_requests' });
  });
});

it('passwords are hashed with scrypt', async () => {
  await using test = await openTestAccounts({ passwordHash: undefined });
  await test.setUp();
  const { rows } = await sql<{ password: string }>`select password from accounts`.execute(test.database.kysely);
  // better-auth's format: a salt of 16 bytes and a key of 64.
  expect(rows[0]?.password).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/);
  const signedIn = await test.accounts.signIn({ username: 'Ada', password }, home);
  expect(signedIn.user.username).toBe('Ada');
});

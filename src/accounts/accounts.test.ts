import { sql } from 'kysely';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { cheapHash } from '../../test/support/cheap-hash.ts';
import type { Role } from '../domain/users/role.ts';
import type { Principal } from '../domain/users/user.ts';
import { loadSecret } from '../store/data-folder.ts';
import { openTestDatabase, testEngines, type TestEngine } from '../store/test-databases.ts';
import { Accounts, type AccountsOptions, type SignedIn } from './accounts.ts';

const password = 'correct horse';
const home = { ip: '192.0.2.1', userAgent: 'Browser/1.0' };
const cookieOf = (signedIn: SignedIn) => signedIn.setCookies[0]?.split(';')[0] ?? '';
const basic = (name: string, secret: string) => `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;

async function open(options: Partial<AccountsOptions> = {}, engine: TestEngine = { kind: 'sqlite' }) {
  const test = await openTestDatabase(engine);
  const lines: string[] = [];
  const base: AccountsOptions = {
    database: test.database,
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    secret: await loadSecret(test.dataFolder),
    secureCookies: false,
    access: 'private',
    setupCode: 'the-code',
    passwordHash: cheapHash,
    ...options,
  };
  const accounts = await Accounts.open(base).catch(async (error: unknown) => {
    await test[Symbol.asyncDispose]();
    throw error;
  });
  const revoked: ((grant: string) => boolean)[] = [];
  accounts.onRevoked((matches) => revoked.push(matches));
  const others: Accounts[] = [];
  return {
    ...test,
    accounts,
    lines,
    /** Whether this process was told that the grant has ended. */
    wasRevoked: (principal: Principal | null) => revoked.some((matches) => matches(principal?.grant ?? '')),
    /** The accounts as another process has them. */
    async elsewhere(more: Partial<AccountsOptions> = {}) {
      const other = await Accounts.open({ ...base, ...more, database: await test.reopen() });
      others.push(other);
      return other;
    },
    async setUp() {
      return accounts.setUp({ code: 'the-code', username: 'Ada', password }, home);
    },
    async add(username: string, role: Role = 'viewer', cameras: readonly string[] | null = null) {
      const user = await accounts.users.add({ username, password, role, cameras });
      const signedIn = await accounts.signIn({ username, password }, home);
      return { user, cookie: cookieOf(signedIn), principal: await this.byCookie(cookieOf(signedIn)) };
    },
    async byCookie(cookie: string): Promise<Principal> {
      const principal = await accounts.authenticate({ cookie }, undefined, home);
      if (principal === null) throw new Error('not signed in');
      return principal;
    },
    async [Symbol.asyncDispose]() {
      for (const one of [accounts, ...others]) await one.close();
      await test[Symbol.asyncDispose]();
    },
  };
}

const ended = async (accounts: Accounts, principal: Principal | null) =>
  (await accounts.recheck(new Set([principal?.grant ?? '']))).size === 1;

describe('set-up', () => {
  it('makes the first admin with the code, which then is worth nothing', async () => {
    await using test = await open();
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
    await using test = await open();
    const tries = await Promise.allSettled(
      ['ada', 'eve'].map((username) => test.accounts.setUp({ code: 'the-code', username, password }, home)),
    );
    expect(tries.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await test.accounts.users.list()).toHaveLength(1);
  });

  it('refuses a wrong code, and after many any code', async () => {
    await using test = await open();
    const guess = (code: string) => test.accounts.setUp({ code, username: 'eve', password }, home);
    for (const code of ['', 'the-cod', 'the-codes', 'THE-CODE']) {
      await expect(guess(code)).rejects.toMatchObject({ code: 'setup_code_wrong', field: 'code' });
    }
    for (let index = 0; index < 30; index += 1) await guess(`guess ${index}`).catch(() => {});
    await expect(guess('the-code')).rejects.toMatchObject({ code: 'too_many_requests' });
    expect(await test.accounts.needsSetup()).toBe(true);
  });

  it('says which field is wrong, and leaves the code good', async () => {
    await using test = await open();
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
    await using one = await open({ setupCode: undefined });
    const other = await one.elsewhere({ setupCode: undefined });
    expect(one.accounts.setupCode).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    expect(other.setupCode).not.toBe(one.accounts.setupCode);
  });

  it('ends when another process adds the first user, who has to be an admin', async () => {
    await using test = await open();
    const line = await test.elsewhere();
    const user = { username: 'Bob', password, cameras: null };
    await expect(line.users.add({ ...user, role: 'viewer' })).rejects.toMatchObject({ field: 'role' });
    await line.users.add({ ...user, role: 'admin' });
    await expect(test.setUp()).rejects.toMatchObject({ code: 'setup_done' });
    expect(test.accounts.setupCode).toBeNull();
  });

  it('is not needed with PORTHOLE_ADMIN_PASSWORD, which counts only while there is no user', async () => {
    await using test = await open({ adminPassword: password });
    expect(test.accounts.setupCode).toBeNull();
    expect(await test.accounts.needsSetup()).toBe(false);
    const { user } = await test.accounts.signIn({ username: 'admin', password }, home);
    expect(user.role).toBe('admin');
    const later = await test.elsewhere({ adminPassword: 'another password' });
    const wrong = later.signIn({ username: 'admin', password: 'another password' }, home);
    await expect(wrong).rejects.toMatchObject({ code: 'wrong_password' });
    await expect(open({ adminPassword: 'short' })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('signing in on $kind', (engine) => {
  it('sets a cookie that scripts cannot read, and is known by it', async () => {
    await using test = await open({}, engine);
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
    await using test = await open({ secureCookies: true }, engine);
    const signedIn = await test.setUp();
    expect(signedIn.setCookies[0]).toMatch(/^porthole_session=.*; Secure/);
    expect(signedIn.setCookies[1]).toMatch(/^porthole_device=.*; Secure/);
    expect((await test.accounts.signOut(cookieOf(signedIn))).setCookies[0]).toMatch(/Max-Age=0.*Secure/);
    expect(test.accounts.newVisitor().setCookies[0]).toContain('; Secure');
  });

  it('refuses a wrong name and a wrong password with the same words', async () => {
    await using test = await open({}, engine);
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
    await using test = await open({}, engine);
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
    await using test = await open({}, engine);
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

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('a clock that is set, on $kind,', (engine) => {
  const year = 365 * 86_400_000;
  const month = 30 * 86_400_000;
  /** Runs with this clock; the monotonic one goes on as it is. */
  async function withClock(ahead: number, work: () => Promise<void>): Promise<void> {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ahead });
    await work().finally(() => vi.useRealTimers());
  }

  it.each([
    ['forward', year],
    ['back', -year],
  ])('%s by a year signs nobody out, and back again neither', async (_, ahead) => {
    await using test = await open({}, engine);
    const cookie = cookieOf(await test.setUp());
    const principal = await test.byCookie(cookie);
    const holds = async (): Promise<void> => {
      expect(await ended(test.accounts, principal)).toBe(false);
      await test.accounts.prune();
      const both = await Promise.all([test.byCookie(cookie), test.byCookie(cookie)]);
      expect(both.map(({ user }) => user?.username)).toEqual(['Ada', 'Ada']);
      expect(await test.accounts.sessions.list(principal)).toHaveLength(1);
    };
    await withClock(ahead, holds);
    await holds();
    const [row] = await test.database.kysely.selectFrom('sessions').select('expiresAt').execute();
    const left = new Date(row?.expiresAt ?? 0).getTime() - Date.now();
    expect(left).toBeLessThanOrEqual(month);
    expect(left).toBeGreaterThan(month - 86_400_000);
  });

  it('back while nothing runs keeps no session for longer than unused ones last', async () => {
    await using test = await open({}, engine);
    await withClock(year, async () => void (await test.setUp()));
    const later = await test.elsewhere();
    await later.prune();
    const [row] = await test.database.kysely.selectFrom('sessions').select('expiresAt').execute();
    expect(new Date(row?.expiresAt ?? 0).getTime() - Date.now()).toBeLessThanOrEqual(month);
  });

  it('signs nobody out while the database cannot be written either', async () => {
    if (engine.kind === 'postgres') return;
    await using test = await open({}, engine);
    const cookie = cookieOf(await test.setUp());
    const principal = await test.byCookie(cookie);
    const { token } = await test.accounts.tokens.create({ username: 'ada', name: 'x' });
    await sql`pragma query_only = on`.execute(test.database.kysely);
    await withClock(year, async () => {
      expect(await ended(test.accounts, principal)).toBe(false);
      expect((await test.byCookie(cookie)).role).toBe('admin');
      expect((await test.accounts.authenticate({}, token, home))?.role).toBe('admin');
    });
    await sql`pragma query_only = off`.execute(test.database.kysely);
    expect((await test.byCookie(cookie)).role).toBe('admin');
  });

  it('keeps noting when a token was last used', async () => {
    await using test = await open({}, engine);
    const principal = await test.byCookie(cookieOf(await test.setUp()));
    const { token } = await test.accounts.tokens.create({ username: 'ada', name: 'x' });
    await withClock(year, async () => void (await test.accounts.authenticate({}, token, home)));
    await test.accounts.authenticate({}, token, home);
    const [listed] = await test.accounts.tokens.list(principal);
    expect(Math.abs((listed?.lastUsedAt ?? 0) - Date.now())).toBeLessThan(3_600_000);
  });
});

describe('who asks', () => {
  it('is nobody with a forged, cut or foreign cookie, header or token', async () => {
    await using test = await open();
    const cookie = cookieOf(await test.setUp());
    const [token = ''] = decodeURIComponent(cookie).split('=')[1]?.split('.') ?? [];
    for (const forged of [
      cookie.slice(0, -5),
      `porthole_session=${token}`,
      `porthole_session=${token}.`,
      `porthole_session=${token}.${'A'.repeat(43)}%3D`,
      'porthole_session=%',
      'porthole_session=',
      `x${cookie}`,
      '\0',
    ]) {
      expect([forged, await test.accounts.authenticate({ cookie: forged }, undefined, home)]).toEqual([forged, null]);
    }
    for (const authorization of [
      'Bearer',
      'Bearer x',
      'Basic',
      'Basic !!!',
      `Bearer porthole_${'a'.repeat(43)}`,
      'Digest a',
    ]) {
      expect(await test.accounts.authenticate({ authorization }, undefined, home)).toBeNull();
    }
    expect(await test.accounts.authenticate({}, 'x', home)).toBeNull();
    expect(await test.accounts.authenticate({}, undefined, home)).toBeNull();
    // What is said first decides alone.
    expect(await test.accounts.authenticate({ cookie, authorization: 'Bearer x' }, undefined, home)).toBeNull();
  });

  it('is the public where access is public, a viewer with a name of their own', async () => {
    await using test = await open({ access: 'public' });
    expect(await test.accounts.authenticate({}, undefined, home)).toEqual({
      kind: 'public',
      user: null,
      role: 'viewer',
      cameras: null,
      grant: 'public',
      sessionId: null,
    });
    const visitor = test.accounts.newVisitor();
    const cookie = visitor.setCookies[0]?.split(';')[0] ?? '';
    expect((await test.accounts.authenticate({ cookie }, undefined, home))?.sessionId).toBe(visitor.sessionId);
    const { sessionId } = await test.setUp();
    const stolen = await test.accounts.authenticate({ cookie: `porthole_visitor=${sessionId}` }, undefined, home);
    expect(stolen?.sessionId).not.toBe(sessionId);
    expect(await test.accounts.authenticate({ authorization: 'Bearer x' }, undefined, home)).toBeNull();
    expect(await test.accounts.recheck(new Set(['public']))).toEqual(new Set());
    const publicPrincipal = (await test.accounts.authenticate({}, undefined, home)) as Principal;
    await expect(test.accounts.tokens.list(publicPrincipal)).rejects.toMatchObject({ code: 'not_signed_in' });
    await expect(test.accounts.sessions.list(publicPrincipal)).rejects.toMatchObject({ code: 'not_signed_in' });
  });

  it('is a user with name and password in each request, checked slowly once', async () => {
    await using test = await open();
    await test.setUp();
    const ask = (authorization: string) => test.accounts.authenticate({ authorization }, undefined, home);
    const principals = await Promise.all(Array.from({ length: 50 }, () => ask(basic('ADA', password))));
    expect(principals[0]).toMatchObject({
      kind: 'password',
      role: 'admin',
      sessionId: null,
      user: { username: 'Ada' },
    });
    expect(new Set(principals.map((principal) => principal?.grant)).size).toBe(1);
    expect(await ask(basic('ada', 'wrong password'))).toBeNull();
    expect(await ask(basic('ada', ''))).toBeNull();
    // A thousand requests must not mean a thousand hashes: each would take a tenth of a second.
    for (let index = 0; index < 1000; index += 1) expect(await ask(basic('ada', password))).not.toBeNull();
  });

  it('is nobody with a password that another process has changed', async () => {
    await using test = await open();
    const { user } = await test.setUp();
    const ask = () => test.accounts.authenticate({ authorization: basic('ada', password) }, undefined, home);
    const principal = await ask();
    const line = await test.elsewhere();
    await line.users.update(user.id, { password: 'another password' });
    expect(await ended(test.accounts, principal)).toBe(true);
    expect(await ask()).toBeNull();
  });
});

describe('wrong passwords', () => {
  it('lock out the address they come from, in every way of sending them, and nobody else', async () => {
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open({ passwordHash });
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
    await using test = await open();
    const principal = await test.byCookie(cookieOf(await test.setUp()));
    const change = (current: string) => test.accounts.changePassword(principal, { current, next: 'another password' });
    for (let index = 0; index < 10; index += 1) {
      await expect(change('wrong')).rejects.toMatchObject({ code: 'wrong_current_password', field: 'current' });
    }
    await expect(change(password)).rejects.toMatchObject({ code: 'too_many_requests' });
  });
});

describe('a change', () => {
  it('of one’s password ends all other sign-ins at once and keeps this one', async () => {
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open();
    await test.setUp();
    const bob = await test.add('bob');
    await test.accounts.users.update(bob.user.id, { password: 'another password' });
    expect(test.wasRevoked(bob.principal)).toBe(true);
    expect(await test.accounts.authenticate({ cookie: bob.cookie }, undefined, home)).toBeNull();
  });

  it('by another process is found by asking', async () => {
    await using test = await open();
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
    await using test = await open();
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

describe('users', () => {
  it('are added with role and cameras, once each in any case, and removed with all that is theirs', async () => {
    await using test = await open();
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
    await using test = await open();
    await test.setUp();
    const add = (role: unknown, cameras: unknown) =>
      test.accounts.users.add({ username: 'x', password, role: role as Role, cameras: cameras as string[] });
    await expect(add('root', null)).rejects.toMatchObject({ field: 'role' });
    await expect(add('viewer', ['../x'])).rejects.toMatchObject({ field: 'cameras' });
    await expect(add('viewer', 'front')).rejects.toMatchObject({ field: 'cameras' });
  });
});

describe('sessions', () => {
  it('are listed to their user, who ends them one by one', async () => {
    await using test = await open();
    await test.setUp();
    const bob = await test.add('bob');
    const phone = { ip: '2001:db8::7', userAgent: 'Phone ☎ 2.0' };
    const second = await test.accounts.signIn({ username: 'bob', password }, phone);
    const listed = await test.accounts.sessions.list(bob.principal);
    expect(listed).toHaveLength(2);
    expect(listed.find((session) => session.current)).toMatchObject({ ipAddress: home.ip, userAgent: home.userAgent });
    expect(listed.find((session) => !session.current)).toMatchObject({
      id: second.sessionId,
      ipAddress: '2001:db8::7',
      userAgent: 'Phone ? 2.0',
    });
    const principal = await test.byCookie(cookieOf(second));
    const eve = await test.add('eve');
    const foreign = test.accounts.sessions.revoke(eve.principal, second.sessionId);
    await expect(foreign).rejects.toMatchObject({ code: 'session_not_found' });
    await test.accounts.sessions.revoke(bob.principal, second.sessionId);
    expect(test.wasRevoked(principal)).toBe(true);
    expect(test.wasRevoked(bob.principal)).toBe(false);
    const again = test.accounts.sessions.revoke(bob.principal, second.sessionId);
    await expect(again).rejects.toMatchObject({ code: 'session_not_found' });
  });

  it('are at most 100 of one user: the one not seen for the longest time ends', async () => {
    await using test = await open();
    const admin = await test.byCookie(cookieOf(await test.setUp()));
    const bob = await test.add('bob');
    const second = await test.byCookie(cookieOf(await test.accounts.signIn({ username: 'bob', password }, home)));
    await test.database.kysely
      .updateTable('sessions')
      .set({ updatedAt: test.database.date(Date.now() - 60_000) })
      .where('id', '=', bob.principal.sessionId ?? '')
      .execute();
    for (let index = 0; index < 99; index += 1) await test.accounts.signIn({ username: 'bob', password }, home);
    expect(await test.accounts.sessions.list(second)).toHaveLength(100);
    expect([test.wasRevoked(bob.principal), test.wasRevoked(second), test.wasRevoked(admin)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await test.accounts.authenticate({ cookie: bob.cookie }, undefined, home)).toBeNull();
  });
});

describe('API tokens', () => {
  it('open what their user may, in three ways, until they are revoked', async () => {
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open();
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
    await using test = await open();
    await test.setUp();
    const input = { username: 'ada', name: 'x', ...(limits as object) };
    await expect(test.accounts.tokens.create(input)).rejects.toMatchObject({ code: 'invalid_input', field });
  });

  it('need a user and a name', async () => {
    await using test = await open();
    await test.setUp();
    const create = (username: string, name: string) => test.accounts.tokens.create({ username, name });
    await expect(create('nobody', 'x')).rejects.toMatchObject({ code: 'user_not_found' });
    await expect(create('ada', ' ')).rejects.toMatchObject({ code: 'invalid_input', field: 'name' });
    await expect(create('ada', 'x'.repeat(61))).rejects.toMatchObject({ code: 'invalid_input', field: 'name' });
  });
});

it('no secret is in the log or readable in the database', async () => {
  await using test = await open();
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

it('passwords are hashed with scrypt', async () => {
  await using test = await open({ passwordHash: undefined });
  await test.setUp();
  const { rows } = await sql<{ password: string }>`select password from accounts`.execute(test.database.kysely);
  // better-auth's format: a salt of 16 bytes and a key of 64.
  expect(rows[0]?.password).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/);
  const signedIn = await test.accounts.signIn({ username: 'Ada', password }, home);
  expect(signedIn.user.username).toBe('Ada');
});

describe('revocations while the database can be read but not written', () => {
  it('hold at once in this process, say that they are not saved, and are saved when that works', async () => {
    await using test = await open();
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

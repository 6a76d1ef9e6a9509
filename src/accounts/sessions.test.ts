import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { cookieOf, ended, home, openTestAccounts, password } from '../../test/support/test-accounts.ts';
import { testEngines } from '../store/test-databases.ts';

describe('sessions', () => {
  it('are listed to their user, who ends them one by one', async () => {
    await using test = await openTestAccounts();
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
    await using test = await openTestAccounts();
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
    await using test = await openTestAccounts({}, engine);
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
    await using test = await openTestAccounts({}, engine);
    await withClock(year, async () => void (await test.setUp()));
    const later = await test.elsewhere();
    await later.prune();
    const [row] = await test.database.kysely.selectFrom('sessions').select('expiresAt').execute();
    expect(new Date(row?.expiresAt ?? 0).getTime() - Date.now()).toBeLessThanOrEqual(month);
  });

  it('signs nobody out while the database cannot be written either', async () => {
    if (engine.kind === 'postgres') return;
    await using test = await openTestAccounts({}, engine);
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
    await using test = await openTestAccounts({}, engine);
    const principal = await test.byCookie(cookieOf(await test.setUp()));
    const { token } = await test.accounts.tokens.create({ username: 'ada', name: 'x' });
    await withClock(year, async () => void (await test.accounts.authenticate({}, token, home)));
    await test.accounts.authenticate({}, token, home);
    const [listed] = await test.accounts.tokens.list(principal);
    expect(Math.abs((listed?.lastUsedAt ?? 0) - Date.now())).toBeLessThan(3_600_000);
  });
});

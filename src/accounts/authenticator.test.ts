import { describe, expect, it } from 'vitest';
import { basic, cookieOf, ended, home, openTestAccounts, password } from '../../test/support/test-accounts.ts';
import type { Principal } from '../domain/users/user.ts';

describe('who asks', () => {
  it('is nobody with a forged, cut or foreign cookie, header or token', async () => {
    await using test = await openTestAccounts();
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
    await using test = await openTestAccounts({ access: 'public' });
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
    await using test = await openTestAccounts();
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
    await using test = await openTestAccounts();
    const { user } = await test.setUp();
    const ask = () => test.accounts.authenticate({ authorization: basic('ada', password) }, undefined, home);
    const principal = await ask();
    const line = await test.elsewhere();
    await line.users.update(user.id, { password: 'another password' });
    expect(await ended(test.accounts, principal)).toBe(true);
    expect(await ask()).toBeNull();
  });
});

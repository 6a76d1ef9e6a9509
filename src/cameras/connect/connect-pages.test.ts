import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csrfFor, startServer, type TestServer } from '../../../test/support/http-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ origins: ['http://mainsail.local'] });
});
afterAll(() => server.close());

const html = 'text/html,application/xhtml+xml';

describe('the addresses of a camera', () => {
  const model = async (url: string, headers: Record<string, string>, from = server) =>
    JSON.parse(/<pre>(.*)<\/pre>/s.exec((await from.app.inject({ url, headers })).body)?.[1] ?? '{}') as Record<
      string,
      unknown
    >;

  it.each([
    [{}, { host: '192.168.1.5:8080' }, 'http://192.168.1.5:8080'],
    [{ publicUrl: 'https://cam.example.org' }, { host: '127.0.0.1:8080' }, 'https://cam.example.org'],
    [
      { trustProxy: ['127.0.0.1'] },
      { host: '127.0.0.1:8080', 'x-forwarded-host': 'cam.example.org', 'x-forwarded-proto': 'https' },
      'https://cam.example.org',
    ],
    [
      {},
      { host: '127.0.0.1:8080', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
      'http://127.0.0.1:8080',
    ],
  ] as const)('have the host and scheme of the browser: %j, %j', async (config, headers, expected) => {
    await using stack = new AsyncDisposableStack();
    const own = stack.adopt(await startServer({ config }), (each) => each.close());
    const all = { ...headers, cookie: own.cookie('viewer') };
    expect((await model('/cameras/front/connect', all, own)).server).toBe(expected);
    expect((await model('/api', all, own)).server).toBe(expected);
  });

  it('offer a token to those who may create one', async () => {
    const viewer = { host: 'here', cookie: server.cookie('viewer') };
    expect(await model('/cameras/front/connect?width=640&fps=5', viewer)).toMatchObject({
      width: 640,
      fps: 5,
      mayCreateToken: true,
      newToken: null,
    });
    const { token } = await server.accounts.tokens.create({ username: 'viewer', name: 'x', scope: 'watch' });
    const program = { host: 'here', authorization: `Bearer ${token}` };
    expect(await model('/cameras/front/connect', program)).toMatchObject({ mayCreateToken: false });
    const refused = await server.app.inject({
      method: 'POST',
      url: '/cameras/front/connect',
      headers: program,
      payload: {},
    });
    expect(refused.statusCode).toBe(403);
    const yard = { cookie: server.cookie('yard') };
    expect((await server.app.inject({ url: '/cameras/front/connect', headers: yard })).statusCode).toBe(404);
    await using stack = new AsyncDisposableStack();
    const own = stack.adopt(await startServer({ config: { access: 'public' } }), (each) => each.close());
    expect(await model('/cameras/front/connect', { host: 'localhost' }, own)).toMatchObject({ mayCreateToken: false });
  });

  it('get a token that may watch this camera until its end, and nothing more', async () => {
    const viewer = await csrfFor(server.app, server.cookie('viewer'));
    const headers = { cookie: viewer.cookie, 'x-csrf-token': viewer.token, accept: html };
    const payload = { program: 'Frigate', days: '7' };
    await server.app.inject({ method: 'POST', url: '/cameras/front/connect', headers, payload });
    const made = (await server.accounts.tokens.all()).find(({ name }) => name === 'Frigate');
    expect(made).toMatchObject({ username: 'viewer', scope: 'watch', cameras: ['front'], role: 'viewer' });
    expect(Math.abs((made?.expiresAt ?? 0) - Date.now() - 7 * 86_400_000)).toBeLessThan(600_000);
  });
});

describe('the page for frames of other sites', () => {
  const embed = (query: string, headers: Record<string, string> = {}, from = server) =>
    from.app.inject({ url: `/cameras/front/embed${query}`, headers: { host: 'localhost', accept: html, ...headers } });
  const ancestors = (answer: Awaited<ReturnType<typeof embed>>) =>
    /frame-ancestors ([^;]*)/.exec(String(answer.headers['content-security-policy']))?.[1];
  const watching = async (limits: object = {}) =>
    (await server.accounts.tokens.create({ username: 'admin', name: 'x', scope: 'watch', ...limits })).token;

  it('shows the camera with a token in its address, and tells no other site that address', async () => {
    const answer = await embed(`?width=640&token=${await watching()}`);
    expect([answer.statusCode, answer.body.includes('"width":640')]).toEqual([200, true]);
    expect(answer.headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
  });

  it('is shown by the sites in Settings only, and by no site if none is listed', async () => {
    for (const query of ['', `?token=${await watching()}`]) {
      expect(ancestors(await embed(query))).toBe('http://mainsail.local');
    }
    await using stack = new AsyncDisposableStack();
    const own = stack.adopt(await startServer(), (each) => each.close());
    expect(ancestors(await embed('', {}, own))).toBe("'none'");
    const connect = await server.app.inject({
      url: '/cameras/front/connect',
      headers: { cookie: server.cookie('viewer') },
    });
    expect(/frame-ancestors ([^;]*)/.exec(String(connect.headers['content-security-policy']))?.[1]).toBe("'self'");
  });

  it('explains what is missing, and never redirects', async () => {
    const cases = [
      ['', 401, 'has no token in its address'],
      [`?token=porthole_${'x'.repeat(43)}`, 401, 'is not valid'],
      [`?token=${server.token('admin')}`, 403, 'may do everything that its user may'],
      [`?token=${await watching({ cameras: ['yard'] })}`, 404, 'Camera not found'],
    ] as const;
    for (const [query, status, words] of cases) {
      const answer = await embed(query);
      expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([
        status,
        'text/html; charset=utf-8',
        expect.stringContaining(words),
      ]);
    }
  });

  it("speaks the reader's language", async () => {
    const german = { 'accept-language': 'de-AT, en;q=0.5' };
    expect((await embed('', german)).body).toContain('Dieser Frame hat kein Token in seiner Adresse');
    expect((await embed(`?token=${server.token('admin')}`, german)).body).toContain(
      'darf alles, was sein Benutzer darf',
    );
  });

  it('needs no token where anybody may watch', async () => {
    await using stack = new AsyncDisposableStack();
    const own = stack.adopt(await startServer({ config: { access: 'public' } }), (each) => each.close());
    expect((await embed('', {}, own)).statusCode).toBe(200);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Csrf,
  type TestServer,
  csrfFor,
  password,
  rawRequest,
  startServer,
} from '../../test/support/http-server.ts';
import { lacks } from '../../test/support/programs.ts';
import { selfSigned } from '../../test/support/tls.ts';

let server: TestServer;
let operator: Csrf;
const html = 'text/html,application/xhtml+xml';

beforeAll(async () => {
  server = await startServer({ origins: ['http://mainsail.local'] });
  operator = await csrfFor(server.app, server.cookie('operator'));
});
afterAll(() => server.close());

const form = (url: string, payload: object, headers: Record<string, string> = {}) =>
  server.app.inject({
    method: 'POST',
    url,
    payload: new URLSearchParams(payload as Record<string, string>).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: html, ...headers },
  });

describe('CSRF', () => {
  it('refuses a form without a token, with a foreign one or with one of another sign-in', async () => {
    const other = await csrfFor(server.app, server.cookie('viewer'));
    const { cookie, token } = operator;
    const statuses = [
      await form('/stream/start', {}, { cookie }),
      await form('/stream/start', { _csrf: 'nonsense' }, { cookie }),
      await form('/stream/start', { _csrf: token }, { cookie: server.cookie('operator') }),
      // The browser's half is the same: only the sign-in differs.
      await form(
        '/stream/start',
        { _csrf: other.token },
        { cookie: other.cookie.replace(server.cookie('viewer'), server.cookie('operator')) },
      ),
    ].map((response) => [response.statusCode, response.body.includes('form_expired')]);
    expect(statuses).toEqual(Array(4).fill([403, true]));
  });

  it('takes the token as a field or as a header', async () => {
    const { cookie, token } = operator;
    expect((await form('/stream/start', { _csrf: token }, { cookie })).statusCode).toBe(303);
    expect((await form('/stream/stop', {}, { cookie, 'x-csrf-token': token })).statusCode).toBe(303);
  });

  it('is asked for at sign-in too', async () => {
    const fields = { username: 'viewer', password };
    expect((await form('/login', fields)).statusCode).toBe(403);
    const { cookie, token } = await csrfFor(server.app);
    const response = await form('/login', { ...fields, _csrf: token }, { cookie });
    expect([response.statusCode, response.headers.location]).toEqual([303, '/']);
  });

  it.each(['Bearer', 'Basic'])('is not asked of %s', async (scheme) => {
    const secret = scheme === 'Bearer' ? server.token('operator') : btoa(`operator:${password}`);
    const authorization = `${scheme} ${secret}`;
    const response = await server.app.inject({
      method: 'POST',
      url: '/api/cameras/front/photos',
      headers: { authorization },
    });
    expect(response.statusCode).toBe(201);
  });

  it('keeps GET from changing anything', async () => {
    for (const url of ['/stream/start?camera=front', '/capture', '/logout', '/photos/delete?ids=p-front']) {
      const response = await server.app.inject({ url, headers: { cookie: operator.cookie } });
      expect([404, 200]).toContain(response.statusCode);
      if (response.statusCode === 200) expect.fail(`${url} answers GET`);
    }
  });
});

describe('requests of other sites', () => {
  const sent = (headers: Record<string, string>) =>
    form(
      '/stream/start',
      { _csrf: operator.token },
      { cookie: operator.cookie, host: 'porthole.local:8080', ...headers },
    );

  it.each([
    ['another host', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://porthole.local:9090' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a forwarded host of nobody we trust', { origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' }],
    ['a browser that says cross-site', { 'sec-fetch-site': 'cross-site' }],
  ] as [string, Record<string, string>][])('are refused from %s, even with a token', async (_title, headers) => {
    const response = await sent(headers);
    expect([response.statusCode, response.body.includes('foreign_origin')]).toEqual([403, true]);
  });

  it('are refused with basic authentication, which browsers send by themselves', async () => {
    const authorization = `Basic ${btoa(`admin:${password}`)}`;
    const headers = { authorization, origin: 'http://evil.example' };
    const response = await server.app.inject({ method: 'DELETE', url: '/api/cameras/front', headers });
    expect([response.statusCode, server.cameras.find('front')?.id]).toEqual([403, 'front']);
  });

  it('are distinguished from our own', async () => {
    expect((await sent({ origin: 'http://porthole.local:8080' })).statusCode).toBe(303);
    // A proxy that ends TLS and is not trusted changes the scheme alone.
    expect((await sent({ origin: 'https://porthole.local', host: 'porthole.local' })).statusCode).toBe(303);
    expect((await sent({ origin: 'http://porthole.local', host: 'porthole.local:80' })).statusCode).toBe(303);
  });

  it('count from the public address and from a trusted proxy', async () => {
    const own = await startServer({ config: { publicUrl: 'https://cam.example/', trustProxy: ['127.0.0.1'] } });
    const csrf = await csrfFor(own.app, own.cookie('viewer'));
    const post = (headers: Record<string, string>) =>
      own.app.inject({
        method: 'POST',
        url: '/stream/stop',
        headers: { cookie: csrf.cookie, 'x-csrf-token': csrf.token, 'content-type': 'application/json', ...headers },
        payload: '{}',
      });
    expect((await post({ origin: 'https://cam.example' })).statusCode).toBe(303);
    const forwarded = { origin: 'https://other.example', 'x-forwarded-host': 'other.example' };
    expect((await post(forwarded)).statusCode).toBe(303);
    expect((await post({ origin: 'https://evil.example' })).statusCode).toBe(403);
    await own.close();
  });
});

function open(
  path: string,
  headers: Record<string, string>,
): Promise<{ socket: WebSocket; status: number; heard: string[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  const heard: string[] = [];
  socket.on('message', (data: Buffer) => heard.push(data.toString()));
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve({ socket, heard, status: response.statusCode ?? 0 });
    });
    socket.on('open', () => resolve({ socket, heard, status: 101 }));
    socket.on('error', reject);
  });
}

describe('WebSocket upgrades', () => {
  const own = (): string => `http://127.0.0.1:${server.port}`;

  it('work with a cookie from our own pages, and with a token', async () => {
    const page = await open('/live', { cookie: server.cookie('viewer'), origin: own() });
    const program = await open('/live', server.bearer('viewer'));
    const address = await open(`/live?token=${server.token('viewer')}`, {});
    expect([page.status, program.status, address.status]).toEqual([101, 101, 101]);
    for (const { socket } of [page, program, address]) socket.terminate();
  });

  it('are refused from another site, without a sign-in, and where no socket is', async () => {
    const foreign = await open('/live', { cookie: server.cookie('viewer'), origin: 'http://evil.example' });
    const nobody = await open('/live', { origin: own() });
    const elsewhere = await open('/cameras/front/snapshot.jpg', { cookie: server.cookie('viewer'), origin: own() });
    expect([foreign.status, nobody.status, elsewhere.status]).toEqual([403, 401, 404]);
  });

  it('work from a site that an admin has allowed, with a token and never with cookies of the visitor', async () => {
    const origin = 'http://mainsail.local';
    const token = await open(`/live?token=${server.token('viewer')}`, { origin });
    const both = await open(`/live?token=${server.token('yard')}`, { origin, cookie: server.cookie('admin') });
    const cookie = await open('/live', { cookie: server.cookie('admin'), origin });
    const wrong = await open('/live?token=nonsense', { cookie: server.cookie('admin'), origin });
    const other = await open(`/live?token=${server.token('viewer')}`, { origin: 'http://evil.example' });
    const sandboxed = await open(`/live?token=${server.token('viewer')}`, { origin: 'null' });
    expect([token, both, cookie, wrong, other, sandboxed].map(({ status }) => status)).toEqual([
      101, 101, 401, 401, 403, 403,
    ]);
    await expect.poll(() => both.heard[0]).toContain('"yard"');
    expect(both.heard[0]).not.toContain('"front"');
    for (const { socket } of [token, both]) socket.terminate();
  });

  it('are all that such a site may use: nothing else that changes something', async () => {
    const { statusCode } = await form(
      `/stream/start?token=${server.token('admin')}`,
      { camera: 'front' },
      {
        origin: 'http://mainsail.local',
        ...server.bearer('admin'),
      },
    );
    expect(statusCode).toBe(403);
  });

  it('are not taken up for other protocols: the request is answered as it is', async () => {
    const { text } = await rawRequest(
      server.port,
      'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('somebody who may see one camera only', () => {
  let headers: { readonly authorization: string };
  beforeAll(() => {
    headers = server.bearer('yard');
  });
  it.each([
    '/?camera=front',
    '/cameras/front/snapshot.jpg',
    '/cameras/front/stream.mjpeg',
    '/cameras/front/live.mp4',
    '/cameras/front/index.m3u8',
    '/cameras/front/hls/source/7.mp4',
    '/video.mp4?camera=front',
    '/cameras/front/poster.jpg',
    '/video_feed?camera=front',
    '/api/cameras/front',
    '/api/frame.jpeg?src=front',
    '/api/stream.mjpeg?src=front',
    '/api/stream.m3u8?src=front',
    '/?action=snapshot_1',
    '/photos/p-front',
    '/photos/p-front/file',
    '/photos/p-front/thumbnail',
    '/api/photos/p-front',
  ])('gets 404 for %s', async (url) => {
    const response = await server.app.inject({ url, headers: { ...headers, accept: html } });
    expect(response.statusCode).toBe(404);
  });

  it.each(['/stream/start', '/stream/stop', '/stream/size'])('gets 404 for POST %s', async (url) => {
    const payload = { camera: 'front', width: 640 };
    expect((await server.app.inject({ method: 'POST', url, headers, payload })).statusCode).toBe(404);
  });

  it('gets neither photos in an archive nor a retry', async () => {
    const archive = { method: 'POST', url: '/photos/archive', headers, payload: { ids: ['p-front'] } } as const;
    const retry = { method: 'POST', url: '/api/cameras/front/retry', headers } as const;
    expect((await server.app.inject(archive)).statusCode).toBe(404);
    expect((await server.app.inject(retry)).statusCode).toBe(404);
  });

  it('reads of nothing else in lists, pages and figures', async () => {
    for (const url of ['/api/cameras', '/api/photos', '/', '/?view=grid', '/photos', '/metrics']) {
      const { body } = await server.app.inject({ url, headers });
      expect([url, body.includes('front'), body.includes('yard')]).toEqual([url, false, true]);
    }
  });

  it('hears nothing else on the socket', async () => {
    const { socket, heard } = await open('/live', headers);
    const { cameras, photos, accounts, liveView } = server;
    const facts = { ip: '127.0.0.1', userAgent: null };
    const operator = await accounts.authenticate(server.bearer('operator'), undefined, facts);
    const page = await accounts.authenticate({ cookie: server.cookie('operator') }, undefined, facts);
    if (operator === null || page === null) throw new TypeError('not signed in');
    const photo = await photos.capture('front', 'front', operator);
    await photos.delete([photo.id], null);
    await cameras.update('front', { name: 'front' });
    await liveView.start(page, 'yard');
    socket.send(JSON.stringify({ type: 'watch', view: 1, camera: 'front', width: 640 }));
    socket.send(JSON.stringify({ type: 'watch', view: 1, camera: 'yard', width: 640 }));
    await expect.poll(() => heard.some((line) => line.includes('"view"'))).toBe(true);
    socket.terminate();
    const texts = heard.filter((line) => line.startsWith('{'));
    const types = new Set(texts.map((line) => (JSON.parse(line) as { type: string }).type));
    expect([...types].sort()).toEqual(['camera', 'cameras', 'hello', 'view', 'view-error']);
    expect(texts.join()).not.toContain('front');
  });
});

describe('hostile addresses', () => {
  let headers: Record<string, string>;
  beforeAll(() => {
    headers = { ...server.bearer('admin'), accept: 'application/json' };
  });
  it.each([
    '/photos/..%2f..%2fetc%2fpasswd',
    '/photos/..%2f..%2fetc%2fpasswd/file',
    '/photos/%00/file',
    '/api/photos/%2e%2e%2f',
    '/cameras/..%2f..%2fx/snapshot.jpg',
    '/assets/..%2f..%2fpackage.json',
    '/assets/..%5c..%5cpackage.json',
    '/assets/%00.js',
    '/assets/%2e%2e/server.ts',
    '/icons/..%2fserver.ts',
    '/assets/.hidden',
    '/etc/passwd',
  ])('%s is 404', async (url) => {
    expect((await server.app.inject({ url, headers })).statusCode).toBe(404);
  });

  it.each([
    ['dots that nobody has resolved', 'GET /assets/../server.ts HTTP/1.1', /^HTTP\/1\.1 404 /],
    ['a broken percent sign', 'GET /photos/%zz HTTP/1.1', /^HTTP\/1\.1 400 /],
    ['a very long id', `GET /photos/${'a'.repeat(3000)} HTTP/1.1`, /^HTTP\/1\.1 4(04|14) /],
    ['a very long address', `GET /?x=${'a'.repeat(9000)} HTTP/1.1`, /^HTTP\/1\.1 414 /],
    ['an endless head', `GET /${'a'.repeat(20_000)} HTTP/1.1`, /^HTTP\/1\.1 431 /],
  ])('%s is refused', async (_title, line, status) => {
    const auth = `Authorization: ${server.bearer('admin').authorization}`;
    const { text } = await rawRequest(server.port, `${line}\r\nHost: x\r\n${auth}\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(status);
    expect(text).not.toContain('import');
  });

  it('a body beyond 64 KB is 413', async () => {
    const payload = { camera: 'a'.repeat(70_000) };
    const response = await server.app.inject({ method: 'POST', url: '/stream/start', headers, payload });
    expect(response.statusCode).toBe(413);
  });

  it.each([
    ['http://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/photos?camera=front', '/photos?camera=front'],
  ])('sign-in with next %j leads to %s', async (next, to) => {
    const { cookie, token } = await csrfFor(server.app);
    const fields = { username: 'viewer', password, next, _csrf: token };
    expect((await form('/login', fields, { cookie })).headers.location).toBe(to);
  });
});

describe('slow senders', () => {
  it('have a bounded time for the head and for the whole request', () => {
    const { headersTimeout, requestTimeout } = server.app.server;
    expect([headersTimeout, requestTimeout]).toEqual([10_000, 30_000]);
  });

  it.skipIf(lacks('openssl'))('have a bounded time for the TLS handshake', async () => {
    const own = await startServer({ config: { tls: await selfSigned() } });
    const limit = Object.getOwnPropertySymbols(own.app.server).find(
      ({ description }) => description === 'handshake-timeout',
    );
    expect((own.app.server as unknown as Record<symbol, unknown>)[limit!]).toBe(10_000);
    await own.close();
  });
});

describe('public access', () => {
  it('lets anybody watch, never more: no photos, not even of their coming', async () => {
    const own = await startServer({ config: { access: 'public' } });
    expect((await own.app.inject('/cameras/front/snapshot.jpg')).statusCode).toBe(200);
    const page = await own.app.inject('/?camera=front');
    expect([page.statusCode, page.body.includes('"photos":[]')]).toEqual([200, true]);
    const socket = new WebSocket(`ws://127.0.0.1:${own.port}/live`);
    const heard: string[] = [];
    socket.on('message', (data: Buffer) => heard.push(data.toString()));
    await expect.poll(() => heard.length).toBeGreaterThanOrEqual(1);
    const facts = { ip: '127.0.0.1', userAgent: null };
    const operator = await own.accounts.authenticate(own.bearer('operator'), undefined, facts);
    if (operator === null) throw new TypeError('not signed in');
    await own.photos.capture('front', 'Front', operator);
    await own.cameras.update('yard', { name: 'The yard' });
    await expect.poll(() => heard.join()).toContain('The yard');
    expect(heard.join()).not.toContain('"photo"');
    await own.close();
  });
});

describe('headers', () => {
  it('hold the strict policy, no sniffing, no referrer, and pages are not kept', async () => {
    const { headers } = await server.app.inject({ url: '/', headers: { cookie: server.cookie('viewer') } });
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data: blob:;media-src blob:;frame-src 'self';connect-src 'self';" +
        "worker-src 'self' blob:;manifest-src 'self';form-action 'self';frame-ancestors 'self' http://mainsail.local;base-uri 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
    });
    const picture = await server.app.inject({
      url: `/cameras/front/snapshot.jpg?token=${server.token('viewer')}`,
    });
    expect([picture.statusCode, picture.headers['referrer-policy']]).toEqual([200, 'no-referrer']);
  });

  it('let listed sites show pages in frames, but not settings and accounts; and no site until one is listed', async () => {
    const own = await startServer();
    const frames = async (at: TestServer, url: string): Promise<readonly unknown[]> => {
      const signedIn = url === '/login' ? {} : { cookie: at.cookie('admin') };
      const { headers } = await at.app.inject({ url, headers: { accept: html, ...signedIn } });
      const policy = String(headers['content-security-policy']);
      return [/frame-ancestors ([^;]*)/.exec(policy)?.[1], headers['x-frame-options']];
    };
    const [listed, none] = [
      ["'self' http://mainsail.local", undefined],
      ["'self'", 'SAMEORIGIN'],
    ];
    for (const url of ['/', '/login']) expect(await frames(server, url), url).toEqual(listed);
    for (const url of ['/settings', '/settings/users', '/account', '/api/cameras', '/nowhere']) {
      expect(await frames(server, url), url).toEqual(none);
    }
    for (const url of ['/', '/login']) expect(await frames(own, url), url).toEqual(none);
    await own.close();
  });

  it('make cookies Secure behind a trusted HTTPS proxy, and only there', async () => {
    const own = await startServer({ config: { trustProxy: ['127.0.0.1'] } });
    for (const [target, secure] of [
      [own.app, true],
      [server.app, false],
    ] as const) {
      const { cookie, token } = await csrfFor(target);
      const response = await target.inject({
        method: 'POST',
        url: '/login',
        headers: { cookie, 'x-csrf-token': token, 'x-forwarded-proto': 'https' },
        payload: { username: 'viewer', password },
      });
      expect(String(response.headers['set-cookie']).includes('Secure')).toBe(secure);
    }
    await own.close();
  });
});

describe('tokens in addresses', () => {
  it('open pictures only, not pages or the API', async () => {
    const status = async (url: string) => (await server.app.inject({ url, headers: { accept: html } })).statusCode;
    expect(await status(`/cameras/front/snapshot.jpg?token=${server.token('viewer')}`)).toBe(200);
    expect(await status(`/?action=snapshot&token=${server.token('viewer')}?nonce=1`)).toBe(200);
    expect(await status(`/api/cameras?token=${server.token('admin')}`)).toBe(401);
    expect(await status(`/?token=${server.token('admin')}`)).toBe(303);
  });

  it('and passwords and codes stand in no log', async () => {
    const { app } = server;
    await app.inject(`/cameras/front/snapshot.jpg?token=${server.token('viewer')}&width=640`);
    await app.inject(`/cameras/nope/snapshot.jpg?token=${server.token('viewer')}`);
    await app.inject('/cameras/front/snapshot.jpg?token=wrong-token-here');
    await app.inject('/setup?code=right-code');
    const encoded = ['%74oken', 't%6Fken', '%2574oken', 'TOKEN', 'access_token', 'x', '', 'width', 'next', 'src'];
    for (const name of encoded)
      await app.inject(`/cameras/front/snapshot.jpg?fps=1&${name}=wrong-token-here/&width=320`);
    const odd = [
      '?wrong-token-here',
      '%3Ftoken=wrong-token-here',
      '&token=wrong-token-here',
      ';token=wrong-token-here',
      '/token=wrong-token-here',
      '?token=a&token=wrong-token-here',
      '?a=1#token=wrong-token-here',
      '?%zz&token=wrong-token-here',
      '?token=wrong%2Dtoken%2Dhere',
      '?redirect=http://x/?token=wrong-token-here',
    ];
    for (const end of odd) {
      for (const path of ['/cameras/front/snapshot.jpg', '/cameras/nope/stream.mjpeg', '/nowhere', '/live', '/']) {
        await app.inject({ url: path + end, headers: { accept: html, referer: `http://x/?token=wrong-token-here` } });
        await app.inject({ method: 'POST', url: path + end });
      }
    }
    for (const path of ['/live', '/cameras/front/snapshot.jpg', '/nowhere']) {
      (await open(`${path}?%74oken=wrong-token-here`, {})).socket.terminate();
    }
    await form('/login', { username: 'viewer', password: 'my-secret-word' });
    const logged = server.logged.join('');
    expect(logged).toContain('snapshot.jpg?token=•••&width=640');
    for (const secret of [server.token('viewer'), 'wrong-token-here', 'right-code', 'my-secret-word', operator.token]) {
      expect(logged.includes(secret)).toBe(false);
    }
  });
});

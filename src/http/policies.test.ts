import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Fastify from 'fastify';
import { type Csrf, type Person, type TestServer, csrfFor, startServer } from '../../test/support/http-server.ts';
import { posterFeature } from '../../test/support/poster-output.ts';
import { requirePolicies } from './security/policy.ts';

// The table of routes × roles, written by hand: a new route fails here until somebody has thought about it. Only media of
// one camera needs no row: it is for viewers of that camera, and "media of a camera" below checks that for each route.
const expected = {
  public: `
    GET /healthz
    GET /assets/*
    GET /icons/*
    GET /favicon.svg
    GET /manifest.webmanifest
    GET /player.js
    GET /shared/:id
    GET /shared/:id/file
    GET /shared/:id/thumbnail
    GET /login
    POST /login
    OPTIONS /
    OPTIONS /webcam
    OPTIONS /stream
    OPTIONS /snapshot
    OPTIONS /snapshot.jpg
    OPTIONS /video.mp4
    OPTIONS /state
    OPTIONS /cameras/:id/live.mp4
    OPTIONS /cameras/:id/index.m3u8
    OPTIONS /cameras/:id/hls/:folder/:file
    OPTIONS /cameras/:id/stream.mjpeg
    OPTIONS /cameras/:id/snapshot.jpg
    OPTIONS /cameras/:id/whep
    OPTIONS /cameras/:id/whep/:session
    OPTIONS /whep
    OPTIONS /whep/:session
    OPTIONS /webrtc
    OPTIONS /webrtc/:session
    OPTIONS /webrtc/whep
    OPTIONS /webrtc/whep/:session`,
  setup: `
    GET /setup
    POST /setup
    POST /preferences`,
  viewer: `
    GET /
    GET /live
    POST /grid
    POST /stream/all
    POST /stream/start
    POST /stream/stop
    POST /stream/size
    POST /cameras/:id/retry
    GET /cameras/:id/connect
    GET /cameras/:id/embed
    GET /cameras/:id/stream.mjpeg
    GET /cameras/:id/live.mp4
    GET /cameras/:id/index.m3u8
    GET /cameras/:id/hls/:folder/:file
    GET /cameras/:id/snapshot.jpg
    GET /cameras/:id/poster.jpg
    GET /cameras/:id/still
    GET /cameras/:id/whep
    POST /cameras/:id/whep
    GET /cameras/:id/whep/:session
    PATCH /cameras/:id/whep/:session
    DELETE /cameras/:id/whep/:session
    GET /whep
    POST /whep
    GET /whep/:session
    PATCH /whep/:session
    DELETE /whep/:session
    GET /webrtc
    POST /webrtc
    PATCH /webrtc
    GET /webrtc/:session
    PATCH /webrtc/:session
    DELETE /webrtc/:session
    GET /webrtc/whep
    POST /webrtc/whep
    GET /webrtc/whep/:session
    PATCH /webrtc/whep/:session
    DELETE /webrtc/whep/:session
    GET /video_feed
    GET /webcam
    GET /stream
    GET /snapshot
    GET /snapshot.jpg
    GET /video.mp4
    GET /state
    GET /api/stream.mjpeg
    GET /api/frame.jpeg
    GET /api/stream.m3u8
    GET /api
    GET /api/openapi.json
    GET /api/me
    GET /api/cameras
    GET /api/cameras/:id
    GET /api/cameras/:id/watching
    GET /api/grid
    PATCH /api/grid
    PATCH /api/watching
    PATCH /api/cameras/:id/watching
    POST /api/cameras/:id/retry`,
  signedIn: `
    GET /photos
    GET /photos/:id
    GET /photos/:id/file
    GET /photos/:id/thumbnail
    POST /photos/archive
    POST /photos/:id/links
    POST /photos/:id/links/:link/revoke
    GET /api/photos/:id/links
    POST /api/photos/:id/links
    DELETE /api/photos/:id/links/:link
    GET /api/photos
    GET /api/photos/days
    GET /api/photos/:id
    POST /logout
    GET /metrics
    POST /cameras/:id/connect
    GET /account
    POST /account/password
    POST /account/sessions/:id/revoke
    POST /account/tokens
    POST /account/tokens/:id/revoke
    POST /api/me/password
    GET /api/sessions
    DELETE /api/sessions/:id
    GET /api/tokens
    POST /api/tokens
    DELETE /api/tokens/:id`,
  operator: `
    POST /capture
    GET /cameras/:id/controls
    POST /cameras/:id/controls
    GET /api/cameras/:id/controls
    PATCH /api/cameras/:id/controls
    POST /api/cameras/:id/controls/reset
    POST /cameras/:id/ptz
    GET /api/cameras/:id/ptz
    POST /api/cameras/:id/ptz
    POST /photos/delete
    POST /photos/restore
    POST /api/cameras/:id/photos
    DELETE /api/photos/:id
    POST /api/photos/delete
    POST /api/photos/restore`,
  admin: `
    GET /settings
    GET /settings/cameras/new
    GET /settings/cameras/:id
    POST /settings/cameras
    GET /settings/webcams/picture.jpg
    GET /welcome
    POST /welcome
    POST /settings/sites
    POST /settings/hosts
    GET /api/settings
    PUT /api/settings
    POST /settings/cameras/test
    POST /settings/cameras/order
    POST /settings/cameras/:id
    POST /settings/cameras/:id/address
    POST /settings/cameras/:id/power
    POST /settings/cameras/:id/delete
    GET /settings/users
    POST /settings/users
    POST /settings/users/:id
    POST /settings/users/:id/delete
    POST /api/cameras
    POST /api/cameras/test
    PUT /api/cameras/order
    GET /api/cameras/:id/source
    PATCH /api/cameras/:id
    DELETE /api/cameras/:id
    GET /api/devices
    GET /api/network-cameras
    GET /api/users
    POST /api/users
    PATCH /api/users/:id
    DELETE /api/users/:id`,
} as const;

type Policy = keyof typeof expected;
const rows = Object.entries(expected).flatMap(([policy, text]) =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [method = '', url = ''] = line.trim().split(' ');
      return { method, url, policy: policy as Policy };
    }),
);

/** Is this route an output's: frames or a still of the camera in its address? */
const isCameraMedia = (route: { method: string; url: string; answers: string }): boolean =>
  route.url.startsWith('/cameras/:id/') && route.answers === 'media' && ['GET', 'HEAD'].includes(route.method);

/** Who gets past which policy. */
const passes: Readonly<Record<string, readonly Policy[]>> = {
  anonymous: ['public', 'setup'],
  visitor: ['public', 'setup', 'viewer'],
  viewer: ['public', 'setup', 'viewer', 'signedIn'],
  operator: ['public', 'setup', 'viewer', 'signedIn', 'operator'],
  admin: ['public', 'setup', 'viewer', 'signedIn', 'operator', 'admin'],
};

async function statusOf(
  server: TestServer,
  row: { method: string; url: string },
  headers: Record<string, string>,
): Promise<{ status: number; location: string | null; error: string | undefined }> {
  const response = await fetch(server.url + row.url.replace(':id', 'none').replace('*', 'none.js'), {
    method: row.method,
    redirect: 'manual',
    headers: { ...headers, ...(row.method === 'GET' ? {} : { 'content-type': 'application/json' }) },
    ...(['GET', 'HEAD', 'OPTIONS'].includes(row.method) ? {} : { body: '{}' }),
  });
  const json = response.headers.get('content-type')?.includes('json') === true;
  const body = json ? ((await response.json()) as { error?: { code: string } }) : undefined;
  await response.body?.cancel().catch(() => undefined);
  return { status: response.status, location: response.headers.get('location'), error: body?.error?.code };
}

/** A token; for what belongs to a browser session, a cookie. */
async function credentialsOf(server: TestServer, who: Person, url: string): Promise<Record<string, string>> {
  if (!url.startsWith('/stream/') && !url.endsWith('/watching')) return server.bearer(who);
  const { cookie, token } = await csrfFor(server.app, server.cookie(who));
  return { cookie, 'x-csrf-token': token };
}

/** The gate's decision; any answer of the route itself counts as passed. */
function verdict(answer: Awaited<ReturnType<typeof statusOf>>): 'passed' | 'sign in' | 'forbidden' {
  if (answer.status === 401 || answer.location?.startsWith('/login') === true) return 'sign in';
  return answer.status === 403 && answer.error !== 'setup_code_wrong' ? 'forbidden' : 'passed';
}

describe('the table of routes × roles', () => {
  let server: TestServer;
  let open: TestServer;
  let anonymous: Csrf;
  let visitor: Csrf;

  beforeAll(async () => {
    server = await startServer();
    open = await startServer({ config: { access: 'public' } });
    anonymous = await csrfFor(server.app);
    visitor = await csrfFor(open.app);
  });
  afterAll(() => Promise.all([server.close(), open.close()]));

  it('holds exactly the routes that the server has', () => {
    const inTable = new Set(rows.map((row) => `${row.method} ${row.url}`));
    const declared = server.app.routeTable.filter(
      (route) => route.method !== 'HEAD' && (!isCameraMedia(route) || inTable.has(`${route.method} ${route.url}`)),
    );
    const lines = declared.map((route) => `${route.policy} ${route.method} ${route.url}`);
    expect(lines.sort()).toEqual(rows.map((row) => `${row.policy} ${row.method} ${row.url}`).sort());
  });

  it('gives HEAD the policy of GET', () => {
    const { routeTable } = server.app;
    for (const head of routeTable.filter((route) => route.method === 'HEAD')) {
      const get = routeTable.find((route) => route.method === 'GET' && route.url === head.url);
      expect({ url: head.url, policy: head.policy }).toEqual({ url: head.url, policy: get?.policy });
    }
  });

  describe.each(Object.keys(passes))('as %s', (who) => {
    it.each(rows)('$method $url ($policy)', async (row) => {
      const csrf = who === 'visitor' ? visitor : anonymous;
      const headers: Record<string, string> =
        who === 'anonymous' || who === 'visitor'
          ? { cookie: csrf.cookie, 'x-csrf-token': csrf.token }
          : await credentialsOf(server, who as Person, row.url);
      const json = row.method === 'GET' ? {} : { accept: 'application/json' };
      const answer = await statusOf(who === 'visitor' ? open : server, row, { ...headers, ...json });
      const nobody = who === 'anonymous' || who === 'visitor';
      // GET /setup leads to sign-in once it is done, and sign-in itself stays where it is.
      if (row.url === '/setup' && row.method === 'GET') expect(answer.location).toBe('/login');
      else if (passes[who]?.includes(row.policy) === true) expect(verdict(answer)).toBe('passed');
      else expect(verdict(answer)).toBe(nobody ? 'sign in' : 'forbidden');
      expect(answer.status).not.toBe(500);
    });
  });
});

describe('media of a camera', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ features: [posterFeature] });
  });
  afterAll(() => server.close());

  it('is for viewers who may see the camera, in every output', async () => {
    // A GET of WHEP addresses is 405 for every camera.
    const routes = server.app.routeTable.filter(
      (route) => isCameraMedia(route) && route.method === 'GET' && !route.url.includes('/whep'),
    );
    expect(routes.map((route) => route.url)).toContain('/cameras/:id/posters');
    for (const { url, policy } of routes) {
      const status = async (headers: Record<string, string>): Promise<number> =>
        (await server.app.inject({ url: url.replace(':id', 'front').replace(/:\w+/g, 'none'), headers })).statusCode;
      expect({ url, policy }).toEqual({ url, policy: 'viewer' });
      expect({ url, anonymous: await status({}) }).toEqual({ url, anonymous: 401 });
      expect({ url, others: await status({ ...server.bearer('yard') }) }).toEqual({ url, others: 404 });
    }
  });
});

/** The routes that a token in an address opens, written by hand: media, and WHEP, whose clients can't send headers. */
const addressed =
  /^(GET \/(cameras\/:id\/(stream\.mjpeg|live\.mp4|index\.m3u8|hls\/.*|(snapshot|poster)\.jpg)|photos\/:id\/(file|thumbnail)|video_feed|webcam|stream|snapshot(\.jpg)?|video\.mp4|state|api\/(stream\.mjpeg|frame\.jpeg|stream\.m3u8)|live|metrics)|\w+ (\/cameras\/:id)?\/(whep|webrtc)(\/.*)?)$/;

describe('a token', () => {
  let server: TestServer;
  let watch: string;
  beforeAll(async () => {
    server = await startServer();
    watch = (await server.accounts.tokens.create({ username: 'admin', name: 'wall', scope: 'watch' })).token;
  });
  afterAll(() => server.close());
  const closed = rows.filter(({ policy }) => policy !== 'public' && policy !== 'setup');

  it.each(closed)('in the address opens media alone: $method $url', async (row) => {
    const json = row.method === 'GET' ? {} : { accept: 'application/json' };
    const answer = await statusOf(server, { ...row, url: `${row.url}?token=${server.token('admin')}` }, json);
    // In a frame of another site, everybody can read the address, so a token of the scope full is refused.
    if (row.url === '/cameras/:id/embed') expect(verdict(answer)).toBe('forbidden');
    else expect(verdict(answer)).toBe(addressed.test(`${row.method} ${row.url}`) ? 'passed' : 'sign in');
  });

  it.each(closed)('of the scope watch only watches: $method $url ($policy)', async (row) => {
    const json = row.method === 'GET' ? {} : { accept: 'application/json' };
    const answer = await statusOf(server, row, { authorization: `Bearer ${watch}`, ...json });
    // Start and Stop belong to browser sessions.
    if (row.url.startsWith('/stream/') || (row.method === 'PATCH' && row.url.endsWith('/watching'))) return;
    expect(verdict(answer)).toBe(row.policy === 'viewer' ? 'passed' : 'forbidden');
  });

  it('of the scope watch shows no photos on the live page', async () => {
    const get = (token: string) =>
      server.app.inject({ url: '/?camera=front', headers: { authorization: `Bearer ${token}`, accept: 'text/html' } });
    expect((await get(server.token('admin'))).body).toContain('p-front');
    expect((await get(watch)).body).not.toContain('p-front');
  });

  it('with limits is created and listed by the API, and says which limit is wrong', async () => {
    const headers = server.bearer('admin');
    const expiresAt = Date.now() + 86_400_000;
    const create = (payload: object) => server.app.inject({ method: 'POST', url: '/api/tokens', headers, payload });
    const made = await create({ name: 'wall 2', scope: 'watch', cameras: ['yard'], expiresAt });
    expect([made.statusCode, made.json()]).toMatchObject([201, { info: { role: 'viewer', expiresAt } }]);
    const { token } = made.json<{ token: string }>();
    const cameras = await server.app.inject({ url: '/api/cameras', headers: { authorization: `Bearer ${token}` } });
    expect(cameras.json<{ id: string }[]>().map(({ id }) => id)).toEqual(['yard']);
    const list = await server.app.inject({ url: '/api/tokens', headers });
    expect(list.json()).toContainEqual(expect.objectContaining({ scope: 'watch', cameras: ['yard'], expiresAt }));
    expect(list.json()).toContainEqual(expect.objectContaining({ scope: 'full', cameras: null, role: 'admin' }));
    const past = await create({ name: 'x', expiresAt: 1 });
    expect([past.statusCode, past.json()]).toMatchObject([400, { error: { field: 'expiresAt' } }]);
    expect((await create({ name: 'x', scope: 'all' })).statusCode).toBe(400);
  });
});

describe('before set-up', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ config: { access: 'public' }, setUp: false });
  });
  afterAll(() => server.close());

  it.each(rows)('$method $url answers 401 unless it is health, a file, set-up or a preference', async (row) => {
    const headers = { authorization: 'Bearer porthole_nonsense' };
    const { status } = await statusOf(server, row, headers);
    const works = /^\/(healthz|assets|icons|favicon|manifest|player)/.test(row.url);
    if (works) expect([200, 404]).toContain(status);
    else if (row.policy === 'setup' && row.method === 'POST')
      expect(status).toBe(403); // no CSRF token
    else expect(status).toBe(401);
  });

  it('answers 401 to addresses that do not exist', async () => {
    expect((await fetch(`${server.url}/nothing`)).status).toBe(401);
  });

  it('leads to set-up only with the code of the link', async () => {
    const withCode = await server.app.inject({ url: '/?code=right-code', headers: { accept: 'text/html' } });
    expect([withCode.statusCode, withCode.headers.location]).toEqual([303, '/setup?code=right-code']);
    const form = await server.app.inject('/setup?code=right-code');
    expect([form.statusCode, form.body.includes('<title>setup')]).toEqual([200, true]);
    const without = await server.app.inject({ url: '/setup', headers: { accept: 'text/html' } });
    expect([without.statusCode, without.body.includes('terminal')]).toEqual([401, true]);
  });

  it('refuses a wrong code on its page, and a second set-up with 409', async () => {
    const get = await server.app.inject('/setup?code=x');
    const token = /"csrf":"([^"]+)"/.exec(get.body)?.[1] ?? '';
    const own = get.cookies.find((each) => each.name === 'porthole_csrf')?.value ?? '';
    const post = (code: string) =>
      server.app.inject({
        method: 'POST',
        url: '/setup',
        headers: { cookie: `porthole_csrf=${own}`, 'x-csrf-token': token },
        payload: { code, username: 'admin', password: 'long enough' },
      });
    const wrong = await post('wrong');
    expect([wrong.statusCode, wrong.body.includes('"field":"code"')]).toEqual([403, true]);
    const right = await post('right-code');
    expect([right.statusCode, right.headers.location]).toEqual([303, '/welcome']);
    expect(String(right.headers['set-cookie'])).toContain('porthole_session=');
    expect((await post('right-code')).statusCode).toBe(409);
  });
});

describe('a route without a policy', () => {
  it('makes the start fail', async () => {
    const app = Fastify();
    requirePolicies(app);
    expect(() => app.get('/forgotten', () => 'x')).toThrow('GET /forgotten declares no policy');
    await app.close();
  });

  it('is not among those of the server', async () => {
    const server = await startServer();
    expect(server.app.routeTable.length).toBeGreaterThan(80);
    await server.close();
  });
});

import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PortholeError, problems } from '../../domain/errors.ts';
import { statuses } from '../errors.ts';
import { type Csrf, type TestServer, csrfFor, startServer } from '../../../test/support/http-server.ts';

let server: TestServer;
let admin: Csrf;
const facts = { ip: '192.0.2.1', userAgent: null };
const html = 'text/html,application/xhtml+xml';

beforeAll(async () => {
  server = await startServer();
  admin = await csrfFor(server.app, server.cookie('admin'));
});
afterAll(() => server.close());

function post(url: string, fields: string, accept = html): Promise<LightMyRequestResponse> {
  return server.app.inject({
    method: 'POST',
    url,
    headers: { cookie: admin.cookie, accept, 'content-type': 'application/x-www-form-urlencoded' },
    payload: `_csrf=${encodeURIComponent(admin.token)}&${fields}`,
  });
}

/** Follows a redirect as the browser would, with the message's cookie. */
function follow(response: LightMyRequestResponse): Promise<LightMyRequestResponse> {
  const flash = response.cookies.find((each) => each.name === 'porthole_flash')?.value ?? '';
  const url = response.headers.location ?? '';
  return server.app.inject({ url, headers: { cookie: `${admin.cookie}; porthole_flash=${flash}` } });
}

/** Repairs the camera `front`. Until its next attempt, requests get the reason of the last failure. */
async function mend(): Promise<void> {
  server.devices.fail('/dev/front', null);
  const start = async () => (await post('/stream/start', 'camera=front', 'application/json')).statusCode;
  await expect.poll(start, { timeout: 20_000, interval: 100 }).toBe(200);
}

describe('the forms of the live page', () => {
  it('start, resize and stop this Session and lead back', async () => {
    const page = async () =>
      (await server.app.inject({ url: '/?camera=front', headers: { cookie: admin.cookie } })).body;
    expect(await page()).toContain('"streaming":false,"width":"source"');
    const started = await post('/stream/start', 'camera=front&width=640');
    expect([started.statusCode, started.headers.location]).toEqual([303, '/?camera=front']);
    expect(await page()).toContain('"streaming":true,"width":640');
    await post('/stream/size', 'camera=front&width=source');
    expect(await page()).toContain('"streaming":true,"width":"source"');
    await post('/stream/stop', 'camera=front');
    expect(await page()).toContain('"streaming":false');
  });

  it('lead back to the page they were on, never to another server', async () => {
    const from = async (referer: string) =>
      (
        await server.app.inject({
          method: 'POST',
          url: '/stream/stop',
          headers: { cookie: admin.cookie, 'x-csrf-token': admin.token, accept: html, host: 'here', referer },
          payload: {},
        })
      ).headers.location;
    expect(await from('http://here/?view=grid')).toBe('/?view=grid');
    expect(await from('http://evil.example/?view=grid')).toBe('/?camera=front');
  });

  it('lead back behind a proxy that passes on another host name', async () => {
    const publicUrl = 'https://cam.example.org';
    const behind = await startServer({ config: { publicUrl } });
    const { cookie, token } = await csrfFor(behind.app, behind.cookie('viewer'));
    const stop = async (referer: string) => {
      const headers = { host: 'porthole:8080', cookie, 'x-csrf-token': token, referer };
      return (await behind.app.inject({ method: 'POST', url: '/stream/stop', headers, payload: {} })).headers.location;
    };
    expect(await stop(`${publicUrl}/?camera=yard&width=640`)).toBe('/?camera=yard&width=640');
    expect(await stop('https://evil.example.org/away')).toBe('/?camera=front');
    await behind.close();
  });

  it('say once why the camera cannot be opened', async () => {
    server.devices.fail('/dev/front', new PortholeError('camera_busy', { detail: 'obs (pid 1)' }));
    const response = await post('/stream/start', 'camera=front');
    await mend();
    expect(response.statusCode).toBe(303);
    const next = await follow(response);
    expect(next.body).toContain('"kind":"error","text":"The camera is in use by another program.');
    expect((await follow(response)).body).toContain('"flash":null');
  });

  it('show no message that Porthole did not leave', async () => {
    const cookie = `${admin.cookie}; porthole_flash=You+have+won`;
    expect((await server.app.inject({ url: '/', headers: { cookie } })).body).toContain('"flash":null');
  });

  it('answer JSON to those who ask for it', async () => {
    const started = await post('/stream/start', 'camera=front&width=320', 'application/json');
    expect(started.json()).toEqual({ streaming: true, width: 320 });
    const wrong = await post('/stream/start', 'camera=front&width=abc', 'application/json');
    expect([wrong.statusCode, wrong.json()]).toMatchObject([400, { error: { code: 'invalid_input', field: 'width' } }]);
  });

  it('answer a failed capture with 500 and words', async () => {
    server.devices.fail('/dev/front', new PortholeError('camera_missing'));
    const response = await post('/capture', 'camera=front');
    expect([response.statusCode, response.body.includes('No camera is plugged in')]).toEqual([500, true]);
    await mend();
    const failing = vi.spyOn(server.photos, 'capture').mockRejectedValueOnce(new Error('secret detail'));
    const internal = await post('/capture', 'camera=front');
    failing.mockRestore();
    expect([internal.statusCode, internal.body.includes('secret detail')]).toEqual([500, false]);
    expect((await follow(await post('/capture', 'camera=front'))).body).toContain('Photo taken.');
  });

  it('give a visitor of public access a watching state of their own', async () => {
    const own = await startServer({ config: { access: 'public' } });
    const { app } = own;
    const { cookie, token } = await csrfFor(app);
    const headers = { cookie, 'x-csrf-token': token };
    const started = await app.inject({ method: 'POST', url: '/stream/start', headers, payload: { camera: 'front' } });
    const visitor = /porthole_visitor=[\w-]+/.exec(String(started.headers['set-cookie']))?.[0] ?? '';
    const page = await app.inject({ url: '/', headers: { cookie: `${cookie}; ${visitor}` } });
    expect(page.body).toContain('"streaming":true');
    expect((await app.inject('/')).body).toContain('"streaming":false');
    await own.close();
  });
});

describe('the forms of photos', () => {
  it('delete with an undo, restore, and say so', async () => {
    const deleted = await follow(await post('/photos/delete', 'ids=p-front&ids=p-yard'));
    expect(deleted.body).toContain('2 photos deleted.');
    expect(deleted.body).toContain('"undo":{"action":"/photos/restore","ids":["p-front","p-yard"]}');
    expect((await follow(await post('/photos/restore', 'ids=p-front'))).body).toContain('The photo is back.');
    await server.photos.restore(['p-yard'], null);
  });

  it('say a large number as the script does', async () => {
    const ids = Array.from({ length: 1200 }, (_, index) => `p-${index}`);
    vi.spyOn(server.photos, 'delete').mockResolvedValueOnce(ids);
    expect((await follow(await post('/photos/delete', 'ids=p-front'))).body).toContain('1,200 photos deleted.');
  });

  it('download many as one archive, and name the missing ones', async () => {
    const archive = await post('/photos/archive', 'ids=p-front');
    expect(archive.headers['content-disposition']).toContain('attachment; filename="porthole-photos.zip"');
    const nothing = await post('/photos/archive', '', 'application/json');
    expect([nothing.statusCode, nothing.json()]).toMatchObject([400, { error: { field: 'ids' } }]);
  });

  it('offer a photo under its own name', async () => {
    const get = (query: string) =>
      server.app.inject({ url: `/photos/p-front/file${query}`, headers: { cookie: admin.cookie } });
    expect((await get('?download')).headers['content-disposition']).toBe(
      'attachment; filename="2023-11-14_22-13-20_front_abc123.jpg"',
    );
    expect((await get('')).headers).not.toHaveProperty('content-disposition');
    vi.spyOn(server.photos, 'openFile').mockRejectedValueOnce(new PortholeError('photo_not_found'));
    const gone = await get('?download');
    expect(gone.statusCode).toBe(404);
    expect(gone.headers).not.toHaveProperty('content-disposition');
  });
});

describe('the forms of settings and of the account', () => {
  it('show the error next to the field, with the typed text', async () => {
    const camera = await post('/settings/cameras', 'name=Shed&source=nonsense');
    expect([camera.statusCode, camera.body]).toEqual([400, expect.stringContaining('"field":"source"')]);
    expect(camera.body).toContain('"name":"Shed"');
    const user = await post('/settings/users', 'username=viewer&password=long+enough&role=operator&cameras=front');
    expect([user.statusCode, user.body]).toEqual([409, expect.stringContaining('"field":"username"')]);
    expect(user.body).toContain('"username":"viewer","role":"operator","cameras":["front"]');
    const password = await post('/account/password', 'current=wrong&next=long+enough');
    expect([password.statusCode, password.body]).toEqual([403, expect.stringContaining('"field":"current"')]);
    const token = await post('/account/tokens', 'name=&scope=full&days=7');
    expect(token.statusCode).toBe(400);
    expect(token.body).toContain('"typed":{"name":"","scope":"full","days":"7"}');
  });

  it('keep what was entered for the token of a camera that could not be created', async () => {
    vi.spyOn(server.accounts.tokens, 'create').mockRejectedValueOnce(new PortholeError('too_many_tokens'));
    const response = await post('/cameras/front/connect', 'name=Wall&days=7');
    expect(response.statusCode).toBe(statuses.too_many_tokens);
    expect(response.body).toContain('"typed":{"name":"Wall","days":"7"}');
  });

  it('show a new token in the answer itself', async () => {
    const response = await post('/account/tokens', 'name=octoprint');
    expect([response.statusCode, response.body]).toEqual([
      200,
      expect.stringMatching(/"newToken":\{[^}]*"token":"porthole_[\w-]{43}"/),
    ]);
  });

  it('create a token that only watches, for some days', async () => {
    await post('/account/tokens', 'name=wall&scope=watch&days=7');
    const made = (await server.accounts.tokens.all()).find(({ name }) => name === 'wall');
    expect(made).toMatchObject({ scope: 'watch', role: 'viewer' });
    expect(Math.abs((made?.expiresAt ?? 0) - Date.now() - 7 * 86_400_000)).toBeLessThan(600_000);
    expect((await post('/account/tokens', 'name=x&days=soon')).statusCode).toBe(400);
  });

  it('revoke tokens with a new password if that is chosen', async () => {
    const user = (await server.accounts.users.list()).find(({ username }) => username === 'operator');
    const tokens = async () =>
      (await server.accounts.tokens.all()).filter(({ username }) => username === 'operator').length;
    const url = `/settings/users/${user?.id ?? ''}`;
    await server.accounts.tokens.create({ username: 'operator', name: 'x' });
    const before = await tokens();
    await post(url, 'password=&role=operator&revokeTokens=1');
    await post(url, 'password=another-password');
    expect(await tokens()).toBe(before);
    await post(url, 'password=a-third-password&revokeTokens=1');
    expect(await tokens()).toBe(0);
  });

  it('show the picture of a tried source', async () => {
    expect((await post('/settings/cameras/test', 'source=test:')).body).toContain('data:image/jpeg;base64,');
    expect((await post('/settings/cameras/test', 'source=rtsp://192.168.7.7/')).body).toContain('Nothing answers');
  });
});

describe('sign-in', () => {
  it('leads there and back from a page', async () => {
    const response = await server.app.inject({ url: '/photos?camera=front', headers: { accept: html } });
    expect(response.headers.location).toBe('/login?next=%2Fphotos%3Fcamera%3Dfront');
  });

  it.each([
    ['wrong', 1, 401, 'wrong_password'],
    ['wrong too often', 11, 429, 'too_many_requests'],
  ])('with a password that is %s answers on its own page', async (wrong, times, status, code) => {
    for (let at = 1; at < times; at += 1) {
      await server.accounts
        .signIn({ username: 'yard', password: wrong }, { ...facts, ip: '127.0.0.1' })
        .catch(() => undefined);
    }
    const { cookie, token } = await csrfFor(server.app);
    const response = await server.app.inject({
      method: 'POST',
      url: '/login',
      headers: { cookie, 'x-csrf-token': token, accept: html },
      payload: { username: 'yard', password: wrong },
    });
    expect([response.statusCode, response.body.includes(code)]).toEqual([status, true]);
    expect(response.body).toContain('<title>login');
  });

  it('is open to a browser that signed in before, despite the tries of others from its address', async () => {
    const { cookie, token } = await csrfFor(server.app);
    const signIn = (more: string, secret: string) =>
      server.app.inject({
        method: 'POST',
        url: '/login',
        headers: { cookie: `${cookie}; ${more}`, 'x-csrf-token': token },
        payload: { username: 'operator', password: secret },
      });
    const before = await signIn('', 'a-third-password');
    const device = before.cookies.find(({ name }) => name === 'porthole_device');
    expect(device).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
    for (let index = 0; index < 10; index += 1) await signIn('', 'wrong');
    const refused = await signIn('', 'a-third-password');
    expect([refused.statusCode, Number(refused.headers['retry-after']) > 200]).toEqual([429, true]);
    expect((await signIn(`porthole_device=${device?.value}`, 'a-third-password')).statusCode).toBe(303);
  });

  it('ends with sign-out, whose cookie is taken back', async () => {
    const own = await startServer();
    const { cookie, token } = await csrfFor(own.app, own.cookie('viewer'));
    const headers = { cookie, 'x-csrf-token': token };
    const response = await own.app.inject({ method: 'POST', url: '/logout', headers });
    expect([response.statusCode, String(response.headers['set-cookie'])]).toEqual([
      303,
      expect.stringContaining('porthole_session=; Max-Age=0'),
    ]);
    expect((await own.app.inject({ url: '/api/me', headers })).statusCode).toBe(401);
    await own.close();
  });
});

describe('errors', () => {
  it('have a status each', () => {
    expect(Object.keys(statuses).sort()).toEqual(Object.keys(problems).sort());
  });

  it('come as JSON, as a page or as a short text, as was asked', async () => {
    const headers = server.bearer('admin');
    const api = await server.app.inject({ url: '/api/photos/none', headers });
    expect([api.statusCode, api.json()]).toMatchObject([404, { error: { code: 'photo_not_found' } }]);
    const page = await server.app.inject({ url: '/photos/none', headers: { ...headers, accept: html } });
    expect([page.statusCode, page.body.includes('<title>problem')]).toEqual([404, true]);
    const media = await server.app.inject({ url: '/photos/none/file', headers });
    expect([media.statusCode, media.body]).toEqual([404, 'There is no such photo. It may have been deleted.\n']);
  });

  it.each([
    [{ name: 'x' }, 'source'],
    [{ name: 5, source: 'test:' }, 'name'],
    [{ name: 'x'.repeat(61), source: 'test:' }, 'name'],
  ])('name the field that is wrong in %j', async (payload, field) => {
    const headers = server.bearer('admin');
    const response = await server.app.inject({ method: 'POST', url: '/api/cameras', headers, payload });
    expect([response.statusCode, response.json()]).toMatchObject([400, { error: { code: 'invalid_input', field } }]);
  });

  it.each([
    ['{"name":', 'application/json', 400],
    ['<x/>', 'application/xml', 415],
    ['{"__proto__":{"x":1}}', 'application/json', 400],
  ])('refuse the body %j', async (payload, type, status) => {
    const headers = { ...server.bearer('admin'), 'content-type': type };
    const response = await server.app.inject({ method: 'POST', url: '/api/cameras', headers, payload });
    expect([response.statusCode, response.json()]).toMatchObject([status, { error: { code: 'invalid_input' } }]);
  });
});

describe('the description of the API', () => {
  it('is OpenAPI 3.1 and holds every route of the API', async () => {
    const headers = server.bearer('viewer');
    const spec = (await server.app.inject({ url: '/api/openapi.json', headers })).json<{
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    }>();
    expect(spec.openapi).toBe('3.1.0');
    const hidden = ['/api/openapi.json', '/api/stream.mjpeg', '/api/frame.jpeg', '/api/stream.m3u8'];
    for (const { method, url } of server.app.routeTable) {
      if (!url.startsWith('/api/') || method === 'HEAD' || hidden.includes(url)) continue;
      const path = url.replace(/:(\w+)/g, '{$1}');
      expect(spec.paths[path]?.[method.toLowerCase()], `${method} ${path}`).toBeDefined();
    }
    expect(spec.paths['/cameras/{id}/snapshot.jpg']).toBeDefined();
    expect(spec.paths).not.toHaveProperty('/stream/start');
  });
});

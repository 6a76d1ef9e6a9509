import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type TestServer, startServer } from '../../../test/support/http-server.ts';

let server: TestServer;
const evil = 'rebound.attacker.example:8080';

beforeAll(async () => {
  const publicUrl = 'https://cam.example.org';
  const config = { access: 'public', publicUrl, hosts: ['option.example.net'], trustProxy: ['127.0.0.1'] } as const;
  server = await startServer({ config, origins: ['https://site.example.com:8443'] });
});
afterAll(() => server.close());

function get(host: string, url = '/cameras/front/snapshot.jpg', headers: Record<string, string> = {}) {
  return server.app.inject({ url, headers: { host, origin: `http://${host}`, ...headers } });
}

describe('a host name that is not of this server, with public access', () => {
  it('shows nothing of any camera, on any route, and every route says why', async () => {
    const routes = server.app.routeTable.filter(
      ({ policy, url }) => policy !== 'public' && policy !== 'setup' && url !== '/live',
    );
    expect(routes.length).toBeGreaterThan(50);
    for (const { method, url } of routes) {
      const path = url.replace(':id', 'front').replace(/:\w+|\*/g, 'x');
      const response = await server.app.inject({ method: method as 'GET', url: path, headers: { host: evil } });
      expect([method, path, response.statusCode]).toEqual([method, path, 421]);
    }
  });

  it('is named in the answer and once in the log, with the way to allow it', async () => {
    const [media, api, page] = [
      await get(evil),
      await get(evil, '/api/cameras'),
      await get(evil, '/', { accept: 'text/html' }),
    ];
    expect(media.body).toContain('"rebound.attacker.example"');
    expect(media.body).toContain('--hosts rebound.attacker.example');
    expect(api.json()).toMatchObject({ error: { code: 'host_not_allowed' } });
    expect([page.statusCode, page.body.includes('"cameras":[]')]).toEqual([421, true]);
    const lines = server.logged.filter((line) => line.includes('"host":"rebound.attacker.example"'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('--hosts');
  });

  it('gets no WebSocket, even with an Origin that matches', async () => {
    const headers = { host: evil, origin: `http://${evil}` };
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/live`, { headers });
    const status = await new Promise((resolve, reject) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.resume().statusCode));
      socket.on('open', () => resolve(101));
      socket.on('error', reject);
    });
    socket.terminate();
    expect(status).toBe(421);
  });

  it.each([
    'attacker.example',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example',
    'cam.example.org.attacker.example',
    'notcam.example.org',
    'local.example',
    'attackerlocal.example',
    'ATTACKER.Example.:80',
    'attacker.example@127.0.0.1',
    'attacker.example#.local',
    'ättacker.example',
  ])('is refused: %s', async (host) => {
    expect((await get(host)).statusCode).toBe(421);
  });

  it('is refused as a forwarded host, and behind one that the page made up', async () => {
    expect((await get('127.0.0.1', undefined, { 'x-forwarded-host': evil })).statusCode).toBe(421);
    expect((await get(evil, undefined, { 'x-forwarded-host': 'localhost' })).statusCode).toBe(421);
  });

  it('still has health, assets and sign-in, and everything for those who sign in', async () => {
    expect((await get(evil, '/healthz')).statusCode).toBe(200);
    expect((await get(evil, '/login', { accept: 'text/html' })).statusCode).toBe(200);
    expect((await get(evil, undefined, server.bearer('viewer'))).statusCode).toBe(200);
    expect((await get(evil, undefined, { cookie: server.cookie('viewer') })).statusCode).toBe(200);
  });

  it('works once an admin has added it, and no longer when it is removed', async () => {
    const put = (payload: object) =>
      server.app.inject({ method: 'PUT', url: '/api/settings', payload, headers: server.bearer('admin') });
    const origins = ['https://site.example.com:8443'];
    expect((await put({ origins, hosts: ['Added.Example.:443'] })).json()).toEqual({
      origins,
      hosts: ['added.example'],
    });
    expect((await get('added.example')).statusCode).toBe(200);
    expect((await put({ origins })).json()).toEqual({ origins, hosts: ['added.example'] });
    expect((await put({ origins, hosts: ['*.example'] })).json()).toMatchObject({ error: { field: 'hosts' } });
    expect((await put({ origins, hosts: [] })).json()).toEqual({ origins, hosts: [] });
    expect((await get('added.example')).statusCode).toBe(421);
  });
});

describe('with public access, anybody may watch under', () => {
  it.each([
    '127.0.0.1:8080',
    '192.168.1.20',
    '[::1]:8080',
    '[fe80::1%25eth0]',
    'localhost:8080',
    'LOCALHOST.',
    'porthole.localhost',
    'octopi.local',
    'octopi.lan:8080',
    'camserver',
    'cam.example.org',
    'CAM.example.org.:443',
    'option.example.net:9000',
    'site.example.com',
    hostname(),
  ])('%s', async (host) => {
    expect((await get(host)).statusCode).toBe(200);
  });
});

it('with private access, any host name works for those who sign in, as behind a proxy without --public-url', async () => {
  await using stack = new AsyncDisposableStack();
  const own = stack.adopt(await startServer(), (each) => each.close());
  const ask = (headers: object) =>
    own.app.inject({ url: '/cameras/front/snapshot.jpg', headers: { host: evil, ...headers } });
  expect((await ask(own.bearer('viewer'))).statusCode).toBe(200);
  expect((await ask({})).statusCode).toBe(401);
});

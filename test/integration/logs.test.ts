// What the log contains, and what it must never contain.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import type { Photo } from '../../src/domain/photo.ts';
import { makeJpegs } from '../support/clips.ts';
import { closedPort, type HttpCamera, startHttpCamera } from '../support/http-camera.ts';
import { LivePage } from '../support/live-page.ts';
import { openMultipart } from '../support/multipart-reader.ts';
import { adminPassword, startServer, type TestServer } from '../support/server.ts';
import { captures, watch } from '../support/watching.ts';

/** Passwords in the cameras' URLs. */
const secrets = {
  rtsp: 'rtsp-Secret-81',
  http: 'http-Secret-82',
  added: 'added-Secret-83',
  query: 'query-Secret-84',
  path: 'path-Secret-85',
  lone: 'lone-Secret-86',
  echoed: 'echoed-Secret-87',
};

/** A camera that repeats the path in its answer. */
const echo = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(`{"error":"Cannot GET ${request.url}"}`);
});
let camera: HttpCamera;
let server: TestServer;
let token: string;
beforeAll(async () => {
  camera = await startHttpCamera(await makeJpegs(4), 30);
  const port = await closedPort();
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  server = await startServer({
    args: [
      ...['--camera', 'front=test:?width=320&height=240&fps=30', '--grace', '1', '--allow-addresses', '127.0.0.1'],
      ...['--camera', `street=rtsp://cam:${secrets.rtsp}@127.0.0.1:${port}/stream`],
      ...['--camera', `yard=${camera.url.replace('//', `//cam:${secrets.http}@`)}?password=${secrets.query}`],
      ...['--camera', `lane=rtsp://${secrets.lone}@127.0.0.1:${port}/user=cam_password=${secrets.path}_channel=1`],
      ...['--camera', `echo=http://127.0.0.1:${(echo.address() as AddressInfo).port}/${secrets.echoed}`],
    ],
  });
  token = await server.token();
});
afterAll(async () => {
  await server.stop();
  await camera[Symbol.asyncDispose]();
  echo.close();
});

/** The log lines whose message matches. */
function saying(pattern: RegExp): TestServer['log'] {
  return server.log.filter(({ msg }) => pattern.test(msg ?? ''));
}

describe('the log at level debug', () => {
  it('has no line for a frame', async () => {
    using viewer = await watch(server, token);
    using small = await watch(server, token, '/cameras/front/stream.mjpeg?width=160');
    using page = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
    page.watch('front');
    await Promise.all([viewer.take(10), small.take(2)]);
    const before = server.log.length;
    const [parts] = await Promise.all([viewer.take(90), delay(3_000)]);
    expect(parts).toHaveLength(90);
    expect(page.pictures).toBeGreaterThan(20);
    expect(server.log.length - before, 'lines in three seconds of pictures').toBeLessThan(6);
  });

  it('records when a camera opens and closes', async () => {
    const ofCamera = (): TestServer['log'] =>
      server.log.filter((line) => line.camera === 'front' && line.level !== 'debug');
    await expect.poll(() => ofCamera().at(-1)?.msg, { timeout: 10_000 }).toBe('camera released');
    const before = ofCamera().length;
    const viewer = await watch(server, token);
    await viewer.take(2);
    const [pid = 0] = captures(server);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => captures(server).filter((each) => each !== pid), { timeout: 10_000 }).toHaveLength(1);
    await viewer.take(5);
    viewer.close();
    const life = (): readonly string[] =>
      ofCamera()
        .slice(before)
        .map(({ level, msg }) => `${level}: ${msg}`);
    await expect
      .poll(life, { timeout: 10_000 })
      .toEqual([
        expect.stringMatching(/^info: camera initialised/),
        'info: camera is live',
        expect.stringMatching(/^warn: camera failed: .*exited unexpectedly/),
        'info: camera released',
        expect.stringMatching(/^info: camera initialised/),
        'info: camera is live',
        'info: camera released',
      ]);
  });

  it("records people's actions", async () => {
    const admin = await server.signIn();
    const photo = (await (await admin.send('POST', '/api/cameras/front/photos')).json()) as Photo;
    await admin.send('DELETE', `/api/photos/${photo.id}`);
    const last = (pattern: RegExp) => expect.poll(() => saying(pattern).at(-1));
    await last(/^photo taken$/).toMatchObject({ level: 'info', photo: photo.id, user: 'admin' });
    await last(/^photos deleted$/).toMatchObject({ level: 'info', photos: [photo.id] });
    await expect
      .poll(() => saying(/^request$/).findLast(({ level }) => level === 'info'))
      .toMatchObject({ method: 'DELETE', url: `/api/photos/${photo.id}`, user: 'admin' });
    await last(/^signed in$/).toMatchObject({ level: 'info', user: 'admin' });
  });

  it('contains no secret of people or cameras', async () => {
    const admin = await server.signIn();
    const cookies = admin.cookie.split('; ').map((pair) => pair.slice(pair.indexOf('=') + 1));
    expect(cookies.length).toBeGreaterThan(0);
    const headers = { authorization: `Bearer ${token}` };
    const wrongToken = `porthole_${'x'.repeat(43)}`;
    const wrongPassword = 'a-wrong-Password-85';
    const newPassword = 'a-new-Password-86';

    // Cameras with passwords: refused, opened, tried, added, changed, shown.
    for (const id of ['street', 'yard', 'lane', 'echo']) {
      await fetch(`${server.url}/api/cameras/${id}/photos`, { method: 'POST', headers });
      await fetch(`${server.url}/cameras/${id}/snapshot.jpg?token=${token}`);
    }
    const shown = [await (await admin.request('/settings')).text()];
    for (const id of ['street', 'yard', 'lane', 'echo']) {
      for (const path of [`/settings/cameras/${id}`, `/api/cameras/${id}`]) {
        shown.push(await (await admin.request(path)).text());
      }
    }
    // This one fails with an answer that repeats its path, and says so while somebody wants it.
    const echo = async (): Promise<string> => {
      await fetch(`${server.url}/cameras/echo/snapshot.jpg?token=${token}`);
      return (await admin.request('/api/cameras/echo')).text();
    };
    await expect.poll(echo, { timeout: 20_000 }).toContain('Cannot GET');
    shown.push(await echo());
    for (const secret of Object.values(secrets)) expect(shown.join()).not.toContain(secret);
    const source = `rtsp://cam:${secrets.added}@127.0.0.1:${await closedPort()}/one`;
    await admin.send('POST', '/api/cameras/test', { source });
    const added = (await (await admin.send('POST', '/api/cameras', { name: 'Added', source })).json()) as CameraInfo;
    expect(added.id).toBe('added');
    await admin.send('PATCH', '/api/cameras/added', { source: `${source}/two` });
    await admin.send('POST', '/api/cameras', { name: 'Wrong', source: source.replace('rtsp', 'gopher') });
    await admin.request(`/settings/cameras/new?source=${encodeURIComponent(source)}`);
    await admin.send('POST', '/api/cameras/added/photos');

    // Tokens in URLs, valid and invalid.
    for (const path of ['/stream', '/cameras/front/stream.mjpeg', '/?action=stream']) {
      using viewer = await openMultipart(`${server.url}${path}${path.includes('?') ? '&' : '?'}token=${token}`);
      await viewer.take(1);
    }
    for (const each of [token, wrongToken]) {
      for (const path of ['/snapshot', '/metrics', '/no-such-page', '/cameras/none/snapshot.jpg', '/api/cameras']) {
        await fetch(`${server.url}${path}?token=${each}`, { headers: { referer: `${server.url}/?token=${each}` } });
      }
      await fetch(`${server.url}/snapshot`, { headers: { authorization: `Bearer ${each}` } });
    }

    // Passwords and sessions.
    await server
      .client()
      .signIn('admin', wrongPassword)
      .catch(() => undefined);
    const basic = (password: string): string => `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
    for (const each of [adminPassword, wrongPassword]) {
      await fetch(`${server.url}/snapshot`, { headers: { authorization: basic(each) } });
    }
    await admin.send('POST', '/api/users', {
      username: 'somebody',
      password: newPassword,
      role: 'viewer',
      cameras: null,
    });
    const made = (await (await admin.send('POST', '/api/tokens', { name: 'another' })).json()) as { token: string };
    expect(made.token).toMatch(/^porthole_/);
    using page = await LivePage.open(server.url, { cookie: admin.cookie });
    page.watch('yard');
    await expect.poll(() => page.pictures, { timeout: 10_000 }).toBeGreaterThan(0);
    await admin.submit('/logout');
    await expect.poll(() => page.closeCode).not.toBeNull();
    await expect.poll(() => saying(/^request$/).some(({ url }) => url === '/logout')).toBe(true);

    const hidden = {
      ...secrets,
      ...{ token, wrongToken, wrongPassword, newPassword, adminPassword },
      ...{ madeToken: made.token, basic: basic(adminPassword), csrf: admin.csrf },
      ...Object.fromEntries(cookies.map((value, index) => [`cookie ${index}`, value])),
    };
    expect(server.log.filter(({ level }) => level === 'debug').length, 'it is level debug').toBeGreaterThan(10);
    for (const [name, value] of Object.entries(hidden)) {
      for (const text of [value, decodeURIComponent(value), encodeURIComponent(value)]) {
        const told = server.output.split('\n').filter((line) => text.length > 6 && line.includes(text));
        expect({ name, told }).toEqual({ name, told: [] });
      }
    }
  });
});

// Cameras with a second, smaller stream, against HTTP cameras and GStreamer's RTSP server.
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraDetails } from '../../src/domain/cameras/camera.ts';
import type { TestResult } from '../../src/domain/cameras/source-test.ts';
import type { Client } from '../support/client.ts';
import { makeJpegs } from '../support/clips.ts';
import { LivePage } from '../support/live-page.ts';
import { Mp4Reader } from '../support/mp4-reader.ts';
import { lacks } from '../support/programs.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { watch } from '../support/watching.ts';

/** A camera of a known maker, which has a login: `/live/ch00_0` is its main stream, `/live/ch00_1` the smaller one. */
async function startCamera(): Promise<{ readonly host: string } & AsyncDisposable> {
  const pictures = new Map([
    ['/live/ch00_0', await makeJpegs(4, 960, 540)],
    ['/live/ch00_1', await makeJpegs(4, 320, 180)],
    ['/large', await makeJpegs(4, 960, 540)],
  ]);
  const login = `Basic ${Buffer.from('us er:p@ss').toString('base64')}`;
  const server = createServer((request, response) => {
    const frames = pictures.get(request.url ?? '');
    if (request.headers.authorization !== login) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
      return;
    }
    if (frames === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=part' });
    let index = 0;
    const timer = setInterval(() => {
      const frame = frames[(index += 1) % frames.length] ?? Buffer.alloc(0);
      response.write(`--part\r\nContent-Type: image/jpeg\r\nContent-Length: ${frame.length}\r\n\r\n`);
      response.write(frame);
      response.write('\r\n');
    }, 100);
    response.once('close', () => clearInterval(timer));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('the sub-stream of a camera', () => {
  let camera: Awaited<ReturnType<typeof startCamera>>;
  let server: TestServer;
  let admin: Client;
  let main: string;

  beforeAll(async () => {
    camera = await startCamera();
    main = `http://us%20er:p%40ss@${camera.host}/live/ch00_0`;
    server = await startServer({ args: ['--allow-addresses', '127.0.0.1', '--camera', `fixed=${main}`] });
    admin = await server.signIn();
  });
  afterAll(async () => {
    await server.stop();
    await camera[Symbol.asyncDispose]();
  });

  const details = (id: string) => admin.json<CameraDetails>(`/api/cameras/${id}`);
  const whole = (id: string) => admin.json<object>(`/api/cameras/${id}/source`);

  it('is found by the test of its main stream, and added without its login', async () => {
    const test = async (body: object): Promise<TestResult> =>
      (await (await admin.send('POST', '/api/cameras/test', body)).json()) as TestResult;
    const login = { user: 'us er', password: 'p@ss' };
    const substream = `http://${camera.host}/live/ch00_1`;
    const added = await admin.submit('/settings/cameras', {
      ...{ name: 'Found', source: `http://${camera.host}/live/ch00_0`, user: login.user, password: login.password },
    });
    expect(added.status).toBe(303);
    expect(await details('found')).toMatchObject({
      source: `http://${camera.host}/…`,
      substream: `http://${camera.host}/…`,
    });
    expect(await whole('found')).toEqual({ source: main, substream });
    const found = await test({ source: `http://${camera.host}/live/ch00_0`, ...login });
    expect(found).toMatchObject({
      ok: true,
      width: 960,
      substream: { ok: true, source: substream, width: 320, height: 180 },
    });
    const wrong = await test({ source: `http://${camera.host}/large`, ...login, substream: '/nowhere' });
    expect(wrong).toMatchObject({ ok: true, substream: { ok: false, problem: { field: 'substream' } } });
  });

  it('is entered as a path, hidden, kept, changed and removed', async () => {
    await admin.send('POST', '/api/cameras', { name: 'Path', source: main, substream: '/live/ch00_1?secret=1' });
    const substream = `http://${camera.host}/live/ch00_1?secret=1`;
    const shown = `http://${camera.host}/…`;
    expect(await whole('path')).toEqual({ source: main, substream });
    const page = await (await admin.request('/settings/cameras/path')).text();
    expect(page).toContain(`value="${shown}"`);
    expect(page).not.toContain('ch00_1');
    await admin.submit('/settings/cameras/path', { name: 'Path', source: shown, substream: shown });
    expect(await whole('path')).toEqual({ source: main, substream });
    await admin.send('PATCH', '/api/cameras/path', { name: 'Renamed' });
    expect(await details('path')).toMatchObject({ name: 'Renamed', substream: shown });
    await admin.send('PATCH', '/api/cameras/path', { substream: '' });
    expect(await details('path')).toMatchObject({ substream: null });
    expect(server.output).not.toContain('secret=1');
  });

  it('ends when its camera becomes one that has none', async () => {
    await admin.send('POST', '/api/cameras', { name: 'Changed', source: main, substream: '/live/ch00_1' });
    await admin.send('PATCH', '/api/cameras/changed', { source: 'test:' });
    expect(await whole('changed')).toEqual({ source: 'test:' });
    const refused = await admin.send('PATCH', '/api/cameras/changed', { substream: '/sub' });
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { field: 'substream' } }]);
  });

  it('is no way to addresses that cameras can not have', async () => {
    const refused = await admin.send('PATCH', '/api/cameras/fixed', { substream: 'http://169.254.169.254/latest/' });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: 'source_address_refused', field: 'substream' } },
    ]);
    const test = await admin.send('POST', '/api/cameras/test', { source: main, substream: 'http://169.254.169.254/a' });
    expect(await test.json()).toMatchObject({
      substream: { ok: false, problem: { code: 'source_address_refused', field: 'substream' } },
    });
  });

  it('of a camera of the command line is set in Settings', async () => {
    const changed = await admin.send('PATCH', '/api/cameras/fixed', { substream: '/live/ch00_1' });
    expect(changed.status).toBe(200);
    expect(await whole('fixed')).toEqual({ source: main, substream: `http://${camera.host}/live/ch00_1` });
  });
});

describe.skipIf(lacks('python3 with GstRtspServer'))('an RTSP camera with two streams', () => {
  let main: RtspServer;
  let sub: RtspServer;
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    [main, sub] = await Promise.all([
      startRtspServer({ width: 960, height: 540, fps: 10 }),
      startRtspServer({ width: 640, height: 360, fps: 10 }),
    ]);
    server = await startServer({ args: ['--allow-addresses', '127.0.0.1', '--camera', 'x=test:', '--grace', '1'] });
    const admin = await server.signIn();
    const camera = { name: 'front', source: main.url, substream: sub.url };
    expect((await admin.send('POST', '/api/cameras', camera)).status).toBe(201);
    token = await server.token();
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all([main.stop(), sub.stop()]);
  });

  /** How often each stream was opened since the last call. */
  let seen = 0;
  const opened = (): readonly unknown[] => {
    const lines = server.log.filter(
      ({ msg, stream }) => stream !== undefined && msg?.includes('capture started') === true,
    );
    const streams = lines.slice(seen).map(({ stream }) => stream);
    seen = lines.length;
    return streams;
  };
  const front = async (): Promise<CameraDetails> =>
    (
      await fetch(`${server.url}/api/cameras/front`, { headers: { authorization: `Bearer ${token}` } })
    ).json() as Promise<CameraDetails>;
  const closed = () => expect.poll(async () => (await front()).state.kind, { timeout: 15_000 }).toBe('closed');

  it('never opens the main one for small sizes, whose H.264 is passed through', async () => {
    const page = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
    page.keep();
    page.watch('front', 1, 320, 'h264');
    using mp4 = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4?width=480`, token);
    using jpeg = await watch(server, token, '/cameras/front/stream.mjpeg?width=320');
    const [parts] = await Promise.all([jpeg.take(3), mp4.fragments(5)]);
    expect(await sharp(parts.at(-1)?.bytes).metadata()).toMatchObject({ width: 320, height: 180 });
    await expect.poll(() => page.kept.length, { timeout: 20_000 }).toBeGreaterThan(5);
    expect(page.kept.map(({ width }) => width)).toEqual(page.kept.map(() => 640));
    expect(opened()).toEqual(['sub']);
    expect(await front()).toMatchObject({ state: { kind: 'live', width: 640 }, size: null });
    page[Symbol.dispose]();
  });

  it('opens the main one for large sizes and photos, while small ones stay with the smaller one', async () => {
    await closed();
    opened();
    using small = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4?width=320`, token);
    await small.fragments(2);
    using large = await watch(server, token);
    const [part] = await large.take(1);
    expect(await sharp(part?.bytes).metadata()).toMatchObject({ width: 960, height: 540 });
    expect(opened()).toEqual(['sub', 'main']);
    expect(await front()).toMatchObject({ state: { kind: 'live', width: 960 }, size: { width: 960, height: 540 } });
    const count = small.count;
    await small.fragments(count + 5);
    large.close();
    const headers = { authorization: `Bearer ${token}` };
    const photo = await fetch(`${server.url}/api/cameras/front/photos`, { method: 'POST', headers });
    expect(await photo.json()).toMatchObject({ width: 960, height: 540 });
    const snapshot = await fetch(`${server.url}/cameras/front/snapshot.jpg?width=480`, { headers });
    expect(await sharp(await snapshot.bytes()).metadata()).toMatchObject({ width: 480, height: 270 });
    // Nobody needs it any more.
    const released = () =>
      server.log.filter(({ msg, stream }) => msg === 'camera released' && stream === 'main').length;
    await expect.poll(released, { timeout: 15_000 }).toBe(1);
    await small.fragments(small.count + 5);
    expect(opened()).toEqual([]);
  });

  it('goes on with the main one when the smaller one ends, says why, and returns to it', async () => {
    await closed();
    const page = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
    page.keep();
    page.watch('front', 1, 480, 'h264');
    using mp4 = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4?width=480`, token);
    using jpeg = await watch(server, token, '/cameras/front/stream.mjpeg?width=480');
    await Promise.all([jpeg.take(2), mp4.fragments(3)]);
    const { port } = new URL(sub.url);
    await sub.stop();
    await expect.poll(() => page.kept.at(-1)?.width, { timeout: 20_000 }).toBe(480);
    const warning = async () => {
      const { state } = await front();
      return state.kind === 'live' ? state.warning : state.kind;
    };
    await expect.poll(warning, { timeout: 20_000 }).toContain('sub-stream');
    await Promise.all([mp4.fragments(mp4.count + 5), jpeg.take(3)]);
    sub = await startRtspServer({ width: 640, height: 360, fps: 10, port: Number(port) });
    await expect.poll(() => page.kept.at(-1)?.width, { timeout: 40_000 }).toBe(640);
    await expect.poll(async () => (await front()).state).not.toHaveProperty('warning');
    const sequences = page.kept.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    page[Symbol.dispose]();
  });
});

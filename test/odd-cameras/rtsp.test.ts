// RTSP cameras with the quirks that real ones were reported to have, watched through the server.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraState } from '../../src/domain/cameras/camera.ts';
import { closedPort } from '../support/http-camera.ts';
import { LivePage } from '../support/live-page.ts';
import { Mp4Reader } from '../support/mp4-reader.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { photoProblem, watch } from '../support/watching.ts';

const program = fileURLToPath(new URL('rtsp_cameras.py', import.meta.url));
const skip = lacks('python3');
const names = skip
  ? []
  : execFileSync(programPath('python3'), [program, '--list'], { encoding: 'utf8' }).trim().split('\n');

/** Cases whose answer is a sentence. */
const sentences: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  'setup-453': ['source_full', /as many viewers as it can/],
  'setup-500': ['camera_failed', /internal error \(500 Internal Server Error\)/],
  'describe-403': ['source_unauthorized', /forbids access/],
  'describe-404': ['source_not_found', /no stream at this path/],
  'describe-454': ['source_not_found', /454 Session Not Found/],
  'describe-501': ['source_not_video', /does not let programs watch/],
  'describe-503': ['source_full', /as many viewers as it can/],
  'auth-missing': ['source_unauthorized', /requires a name and password/],
  'auth-wrong': ['source_unauthorized', /rejects/],
  'no-video': ['source_not_video', /no video/],
  redirect: ['source_redirected', /redirects Porthole to rtsp:\/\//],
  'redirect-loop': ['source_redirected', /redirects Porthole to rtsp:\/\//],
};
/** Cameras whose stream goes on after something that ends the connection or seems to end it, and after how many frames. */
const goingOn: Readonly<Record<string, number>> = {
  'keepalive-close-gp': 60,
  'keepalive-close-all': 90,
  'keepalive-401': 45,
  'redirect-request': 40,
  'bye-and-on': 40,
};
/** Paths of a web server that were entered as RTSP, and words of the sentence that explains it. */
const foreign: Readonly<Record<string, readonly [path: string, message: RegExp]>> = {
  hls: ['live/index.m3u8', /HLS playlist/],
  whep: ['live/whep', /WebRTC address/],
  page: ['live', /web server answers/],
};
const shown = names.filter((name) => !(name in sentences));

/** The passwords of cameras that have a special one. */
const passwords: Readonly<Record<string, string>> = {
  'auth-special': 'p@:/?#[]%&=+ ü!$^{}',
  'auth-special-md5': 'p@:/?#[]%&=+ ü!$^{}',
  'authraw-at': 'P@ss@',
  'authraw-braces': 'p{a}^|`',
  'authraw-utf8': 'größe',
  'authraw-pct': 'Dt4%0X6s',
  'authraw-colon': 'a:b',
  'authraw-bang': "!$&'()*+,;=",
  'auth-dash': '111-222_333',
  'auth-empty-pw': '',
};

/** Long enough for a slow machine, in milliseconds. */
const patience = { timeout: 60_000, interval: 50 };

describe.skipIf(skip)('an odd RTSP camera', () => {
  let cameras: ChildProcess;
  const web = createServer((_request, response) => response.writeHead(404).end());
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    const port = await closedPort();
    cameras = spawn(programPath('python3'), [program, String(port), '300'], { stdio: 'inherit' });
    const source = (name: string): string => {
      const signsIn = (name.startsWith('auth') && name !== 'auth-missing') || name === 'keepalive-401';
      const login = signsIn ? `cam:${encodeURIComponent(passwords[name] ?? 'pa55')}@` : '';
      return `rtsp://${login}127.0.0.1:${port}/${name}`;
    };
    await once(web.listen(0, '127.0.0.1'), 'listening');
    const { port: webPort } = web.address() as AddressInfo;
    const sources = [
      ...names.map((name) => `${name}=${source(name)}`),
      ...Object.entries(foreign).map(([name, [path]]) => `${name}=rtsp://127.0.0.1:${webPort}/${path}`),
    ];
    server = await startServer({ args: sources.flatMap((each) => ['--camera', each]) });
    token = await server.token();
  });
  afterAll(async () => {
    cameras.kill();
    web.close();
    await server.stop();
  });

  async function stateOf(name: string): Promise<CameraState> {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${server.url}/api/cameras/${name}`, { headers });
    return ((await response.json()) as { state: CameraState }).state;
  }

  it.concurrent.each(shown)('is shown with its first keyframe: %s', async (name) => {
    const started = performance.now();
    using viewer = await watch(server, token, `/cameras/${name}/stream.mjpeg`);
    // Parts must be read meanwhile: while the camera opens, they are placeholder frames.
    let state: CameraState;
    do {
      if ((await viewer.next()) === null) throw new Error('the stream ended');
      state = await stateOf(name);
    } while (state.kind === 'closed' || state.kind === 'opening');
    // A camera that was restarted is "reconnecting" in between.
    expect(state).toMatchObject({ kind: 'live', width: 320, height: 240 });
    expect(state).not.toHaveProperty('claimedFps');
    const [last] = await viewer.take(1);
    expect(await sharp(last?.bytes).metadata()).toMatchObject({ width: 320, height: 240 });
    // Half a second is usual, three seconds more if the keyframe is late.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it.concurrent.each(Object.keys(goingOn))('goes on without a failure: %s', async (name) => {
    using viewer = await watch(server, token, `/cameras/${name}/stream.mjpeg`);
    const seen = new Set<string>();
    while ((await stateOf(name)).kind !== 'live') await viewer.next();
    for (let frames = 0; frames < (goingOn[name] ?? 0); frames += 1) {
      await viewer.next();
      seen.add((await stateOf(name)).kind);
    }
    expect([...seen]).toEqual(['live']);
  });

  it('that says goodbye and sends no more is connected again', async () => {
    using viewer = await watch(server, token, '/cameras/bye/stream.mjpeg');
    await expect.poll(async () => (await stateOf('bye')).kind, patience).toBe('live');
    const before = performance.now();
    await expect.poll(async () => (await stateOf('bye')).kind, patience).toBe('reconnecting');
    // A camera that says nothing counts as silent after ten seconds.
    expect(performance.now() - before).toBeLessThan(8_000);
    viewer.close();
  });

  it.concurrent('is shown undamaged though its packets come in another order', async () => {
    using viewer = await watch(server, token, '/cameras/udp-swapped/stream.mjpeg');
    await viewer.take(25);
    const damages = server.output
      .split('\n')
      .filter((line) => line.includes('"camera":"udp-swapped"') && line.includes('"warn"'));
    // Six are usual without sorting. A very late packet is given up.
    expect(damages.length, damages.join('\n')).toBeLessThan(3);
  });

  it.each(['plain', 'udp-only', 'fps1', 'h265'])('is shown over WebSocket and live.mp4: %s', async (name) => {
    using page = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
    page.watch(name);
    const mp4 = await Mp4Reader.open(`${server.url}/cameras/${name}/live.mp4`, token);
    try {
      await expect.poll(() => page.pictures, patience).toBeGreaterThan(0);
      await expect.poll(() => mp4.count, patience).toBeGreaterThan(0);
    } finally {
      mp4.close();
    }
  });

  it('sends its only frame in twelve seconds to those who ask for one after it', async () => {
    using viewer = await watch(server, token, '/cameras/every12/stream.mjpeg');
    await viewer.take(1);
    const headers = { authorization: `Bearer ${token}` };
    const snapshot = await fetch(`${server.url}/cameras/every12/snapshot.jpg?width=160`, { headers });
    expect(snapshot.status).toBe(200);
  });

  it('is still shown after bytes between its packets', async () => {
    using viewer = await watch(server, token, '/cameras/zero-bytes-between/stream.mjpeg');
    // Zeros come after each third second.
    const parts = await viewer.take(60);
    const gaps = parts.slice(10).map((part, at) => part.arrivedAt - (parts[at + 9]?.arrivedAt ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(2_000);
  });

  it.concurrent.each(Object.keys(sentences))('is explained: %s', async (name) => {
    const [code, message] = sentences[name] ?? [];
    expect(await photoProblem(server, token, name)).toMatchObject({
      code,
      message: expect.stringMatching(message as RegExp) as string,
    });
  });

  it.concurrent.each(Object.keys(foreign))('is no RTSP camera, and that is explained: %s', async (name) => {
    const [, message] = foreign[name] ?? [];
    expect(await photoProblem(server, token, name)).toMatchObject({
      code: 'source_not_video',
      message: expect.stringMatching(message as RegExp) as string,
    });
  });
});

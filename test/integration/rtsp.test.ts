// RTSP, against GStreamer's server.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import { comparePictures } from '../support/pictures.ts';
import { lacks } from '../support/programs.ts';
import { startRtspRefusal } from '../support/rtsp-refusal.ts';
import { startRtspServer } from '../support/rtsp-server.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { SteadyPage } from '../support/steady-viewer.ts';
import { startTlsFront } from '../support/tls.ts';
import { capturedAt, photoProblem, untilReleased, watch } from '../support/watching.ts';

const credentials = { user: 'cam', password: 'pa55-of-the-camera' };

async function stateOf(server: TestServer, token: string): Promise<CameraInfo['state']> {
  const headers = { authorization: `Bearer ${token}` };
  const info = (await (await fetch(`${server.url}/api/cameras/front`, { headers })).json()) as CameraInfo;
  return info.state;
}

describe.skipIf(lacks('python3 with GstRtspServer'))('an RTSP camera', () => {
  it('is shown in its original size and in a smaller one, and its frames change', async () => {
    await using rtsp = await startRtspServer();
    await using server = await startServer({ args: ['--camera', `front=${rtsp.url}`, '--grace', '1'] });
    const token = await server.token();
    using viewer = await watch(server, token);
    using small = await watch(server, token, '/cameras/front/stream.mjpeg?width=320');
    const [parts, smallParts] = await Promise.all([viewer.take(12), small.take(3)]);
    const sizes = await Promise.all([parts, smallParts].map((each) => sharp(each.at(-1)?.bytes).metadata()));
    expect(sizes.map(({ width, height }) => [width, height])).toEqual([
      [640, 360],
      [320, 180],
    ]);
    const [first, last] = [parts[0], parts.at(-1)];
    const difference = await comparePictures(first?.bytes ?? Buffer.alloc(0), last?.bytes ?? Buffer.alloc(0));
    expect(difference.changed).toBeGreaterThan(0);
    expect(await stateOf(server, token)).toMatchObject({ kind: 'live', format: 'h264', width: 640, height: 360 });
    viewer.close();
    small.close();
    await untilReleased(server, 10_000);
  });

  it('is shown with the name and password in its address, which is visible nowhere', async () => {
    await using rtsp = await startRtspServer({ credentials });
    const source = rtsp.url.replace('//', `//${credentials.user}:${credentials.password}@`);
    await using server = await startServer({ args: ['--camera', `front=${source}`] });
    const token = await server.token();
    using viewer = await watch(server, token);
    await viewer.take(3);
    const admin = await server.signIn();
    const details = await (await admin.request('/api/cameras/front')).text();
    expect(details).not.toContain(credentials.password);
    expect(server.output).not.toContain(credentials.password);
  });

  it.skipIf(lacks('openssl'))('is shown over TLS, whoever signed its certificate', async () => {
    await using rtsp = await startRtspServer();
    await using front = await startTlsFront(Number(new URL(rtsp.url).port));
    const plainPort = new URL(rtsp.url).port;
    await using server = await startServer({
      args: [
        ...['--camera', `front=rtsps://localhost:${front.port}/test`],
        ...['--camera', `plain=rtsps://localhost:${plainPort}/test`],
      ],
    });
    const token = await server.token();
    using viewer = await watch(server, token);
    await viewer.take(3);
    expect(await stateOf(server, token)).toMatchObject({ kind: 'live', format: 'h264' });
    const problem = await photoProblem(server, token, 'plain');
    expect(problem).toMatchObject({ code: 'source_unreachable' });
    expect(problem.message).toContain('does not speak TLS');
  });

  it('that announces audio and refuses to send it is shown without', async () => {
    await using rtsp = await startRtspServer({ audio: 'alaw' });
    await using front = await startRtspRefusal(rtsp.url, 'stream=1');
    await using server = await startServer({ args: ['--camera', `front=${front.url}`] });
    const token = await server.token();
    using viewer = await watch(server, token);
    await viewer.take(3);
    expect(front.refused).toBeGreaterThan(0);
    const state = await stateOf(server, token);
    expect(state).toMatchObject({ kind: 'live', format: 'h264' });
    expect(state).not.toHaveProperty('audio');
  });

  it('that rejects the password, or lacks the stream, has an error that says so', async () => {
    await using rtsp = await startRtspServer({ credentials });
    const known = `${credentials.user}:${credentials.password}`;
    const expected = {
      anonymous: [rtsp.url, 'source_unauthorized'],
      wrong: [rtsp.url.replace('//', '//cam:other-password@'), 'source_unauthorized'],
      nowhere: [rtsp.url.replace('//', `//${known}@`).replace(/test$/, 'nothing'), 'source_not_found'],
    } as const;
    await using server = await startServer({
      args: Object.entries(expected).flatMap(([name, [source]]) => ['--camera', `${name}=${source}`]),
    });
    const token = await server.token();
    for (const [camera, [, code]] of Object.entries(expected)) {
      const problem = await photoProblem(server, token, camera);
      expect({ camera, ...problem }).toMatchObject({ camera, status: 503, code });
    }
    expect(server.output).not.toContain('other-password');
  });

  it('comes back on the same connection after an outage', async () => {
    const before = await startRtspServer();
    const port = Number(new URL(before.url).port);
    await using server = await startServer({ args: ['--camera', `front=${before.url}`] });
    const token = await server.token();
    using viewer = await watch(server, token);
    await viewer.take(5);
    await before.stop();
    const states: string[] = [];
    await expect
      .poll(
        async () => {
          const state = await stateOf(server, token);
          if (state.kind === 'reconnecting') states.push(state.problem.code);
          return states.at(-1);
        },
        { timeout: 30_000, interval: 100 },
      )
      .toBe('source_refused');
    await using after = await startRtspServer({ port });
    const again = Date.now();
    for await (const part of viewer) {
      if (capturedAt(part) > again && (await stateOf(server, token)).kind === 'live') break;
    }
    expect(viewer.ended).toBe(false);
    expect(after.url).toBe(before.url);
    await viewer.take(5);
  });

  it('that is silent without closing a connection is reconnecting within ten seconds, and live soon after its return', async () => {
    await using rtsp = await startRtspServer({ separate: true });
    const cameras = ['tcp', 'udp'];
    const args = cameras.flatMap((name) => ['--camera', `${name}=${rtsp.url}#${name}`]);
    await using server = await startServer({ args });
    const token = await server.token();
    const pages = await Promise.all(cameras.map((name) => SteadyPage.open(server.url, token, name, 'source')));
    const all = (kind: string) => () => pages.every(({ state }) => state.kind === kind);
    await expect.poll(all('live'), { timeout: 20_000 }).toBe(true);
    // Its system goes on accepting connections.
    rtsp.signal('SIGSTOP');
    const stopped = performance.now();
    // Nine seconds are usual.
    await expect.poll(all('reconnecting'), { timeout: 20_000, interval: 50 }).toBe(true);
    expect(performance.now() - stopped).toBeGreaterThan(5_000);
    for (const { state } of pages) expect(state).toMatchObject({ problem: { code: 'camera_silent' } });
    rtsp.signal('SIGCONT');
    // Half a second is usual.
    await expect.poll(all('live'), { timeout: 10_000, interval: 50 }).toBe(true);
    for (const page of pages) {
      const kinds = page.told.map(({ state }) => state.kind);
      expect(kinds.filter((kind, at) => kind !== kinds[at - 1]).slice(-3)).toEqual(['live', 'reconnecting', 'live']);
      await page.next(() => true, 10_000, 'a frame');
      page.close();
    }
  });
});

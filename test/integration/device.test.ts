// An MJPEG webcam over V4L2: its frames and its faults.
import { rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import type { Photo } from '../../src/domain/photo.ts';
import {
  buildFakeCamera,
  type FakeCamera,
  type FakeCameraSwitches,
  type Marked,
  readMark,
} from '../support/fakecam.ts';
import { readMetrics } from '../support/metrics.ts';
import type { MultipartReader } from '../support/multipart-reader.ts';
import { lacks } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { capturedAt, captures, photoProblem, untilReleased, watch } from '../support/watching.ts';

const { errno } = constants;

describe.skipIf(lacks('cc'))('a webcam', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let camera: FakeCamera;
  beforeAll(async () => {
    folder = await temporaryFolder();
    camera = await buildFakeCamera(folder.path);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  async function start(switches: FakeCameraSwitches = {}): Promise<{ server: TestServer; token: string }> {
    const server = await startServer({
      args: ['--camera', `front=${camera.device}`],
      env: camera.environment(switches),
    });
    return { server, token: await server.token() };
  }

  /** The camera's next own frames; skips notices and repeated frames. */
  async function take(viewer: MultipartReader, count: number): Promise<readonly Marked[]> {
    const pictures: Marked[] = [];
    let last = -1;
    while (pictures.length < count) {
      const part = await viewer.next();
      if (part === null) throw new Error(`the stream ended after ${pictures.length} pictures`);
      const marked = readMark(part.bytes);
      if (marked === null || marked.capturedAt === last) continue;
      last = marked.capturedAt;
      const known = camera.jpegs.some((jpeg) => jpeg.equals(marked.jpeg));
      expect(known, 'the picture is whole and untouched').toBe(true);
      pictures.push(marked);
    }
    return pictures;
  }

  async function info(server: TestServer, token: string): Promise<CameraInfo> {
    const headers = { authorization: `Bearer ${token}` };
    return (await (await fetch(`${server.url}/api/cameras/front`, { headers })).json()) as CameraInfo;
  }

  it("is shown byte for byte, each frame with the driver's timestamp", async () => {
    const { server, token } = await start();
    await using _ = server;
    using viewer = await watch(server, token);
    const parts = await viewer.take(20);
    const marks = parts.map(({ bytes }) => readMark(bytes));
    for (const [index, part] of parts.entries()) {
      const mark = marks[index];
      expect(camera.jpegs.some((jpeg) => mark !== null && mark !== undefined && jpeg.equals(mark.jpeg))).toBe(true);
      const before = marks[index - 1];
      const earlier = parts[index - 1];
      if (!mark || !before || earlier === undefined) continue;
      expect(mark.sequence).toBeGreaterThan(before.sequence);
      const apart = capturedAt(part) - capturedAt(earlier);
      expect(Math.abs(apart - (mark.capturedAt - before.capturedAt)), 'milliseconds').toBeLessThan(3);
    }
  });

  it('is shown without FFmpeg, which its capture process loads for the first viewer of another size', async () => {
    const { server, token } = await start();
    await using _ = server;
    using viewer = await watch(server, token);
    await viewer.take(5);
    const [pid = 0] = captures(server);
    expect(readFileSync(`/proc/${pid}/maps`, 'utf8')).not.toContain('node-av');
    using small = await watch(server, token, '/cameras/front/stream.mjpeg?width=320');
    await small.take(5);
    expect(readFileSync(`/proc/${pid}/maps`, 'utf8')).toContain('node-av');
    expect(captures(server), 'the same process').toEqual([pid]);
    // Existing viewers continue as before.
    const [part] = await viewer.take(1);
    expect(readMark(part?.bytes ?? Buffer.alloc(0)), 'untouched').not.toBeNull();
  });

  it('takes a photo in full size while its viewer watches a smaller size', async () => {
    const { server, token } = await start();
    await using _ = server;
    using viewer = await watch(server, token, '/cameras/front/stream.mjpeg?width=320');
    await viewer.take(3);
    const headers = { authorization: `Bearer ${token}` };
    const taken = await fetch(`${server.url}/api/cameras/front/photos`, { method: 'POST', headers });
    expect(taken.status).toBe(201);
    const photo = (await taken.json()) as Photo;
    expect([photo.width, photo.height]).toEqual([640, 480]);
    const file = await fetch(`${server.url}/photos/${photo.id}/file`, { headers });
    const marked = readMark(Buffer.from(await file.arrayBuffer()));
    expect(camera.jpegs.some((jpeg) => marked !== null && jpeg.equals(marked.jpeg))).toBe(true);
  });

  it('is never shown with a truncated frame', async () => {
    const { server, token } = await start({ CORRUPT_EVERY: 4 });
    await using _ = server;
    using viewer = await watch(server, token);
    using small = await watch(server, token, '/cameras/front/stream.mjpeg?width=320');
    await Promise.all([take(viewer, 30), small.take(10)]);
    await expect
      .poll(async () => {
        const metrics = await readMetrics(server.url, token);
        return metrics.value('porthole_camera_dropped_frames_total', { camera: 'front', reason: 'corrupt' });
      })
      .toBeGreaterThan(5);
  });

  it('says that its frames are damaged when all of them are', async () => {
    const { server, token } = await start({ CORRUPT_EVERY: 1 });
    await using _ = server;
    expect(await photoProblem(server, token, 'front')).toMatchObject({ status: 503, code: 'video_damaged' });
  });

  it('comes back automatically each time it is unplugged and plugged in again at once', async () => {
    const { server, token } = await start({ UNPLUG_AFTER: 30 });
    await using _ = server;
    using viewer = await watch(server, token);
    await take(viewer, 70);
    const metrics = await readMetrics(server.url, token);
    expect(metrics.value('porthole_camera_restarts_total', { camera: 'front' })).toBeGreaterThanOrEqual(2);
  });

  it('is reported as unplugged until it returns, and comes back on the same connection', async () => {
    const plug = join(folder.path, 'absent');
    const { server, token } = await start({ ABSENT: plug });
    await using _ = server;
    using viewer = await watch(server, token);
    await take(viewer, 5);
    await writeFile(plug, '');
    await expect
      .poll(async () => (await info(server, token)).state, { timeout: 10_000 })
      .toMatchObject({ kind: 'reconnecting', problem: { code: 'camera_unplugged' } });
    // A notice replaces the video, and its message stays although later retries find no device at all.
    let notices = 0;
    while (notices < 3) if (readMark((await viewer.next())?.bytes ?? Buffer.alloc(0)) === null) notices += 1;
    expect((await info(server, token)).state).toMatchObject({ problem: { code: 'camera_unplugged' } });
    const snapshot = await fetch(`${server.url}/cameras/front/snapshot.jpg?token=${token}`);
    expect(snapshot.status).toBe(503);
    await rm(plug);
    await take(viewer, 5);
    expect((await info(server, token)).state.kind).toBe('live');
  });

  it('is restarted when it has stopped sending frames', async () => {
    const { server, token } = await start({ STALL_AFTER: 20 });
    await using _ = server;
    using viewer = await watch(server, token);
    const [first] = captures(server);
    await take(viewer, 35);
    expect(captures(server)).not.toContain(first);
    expect(server.log.some(({ code }) => code === 'camera_silent')).toBe(true);
  });

  it('is released when its last viewer has left, even when its driver hangs', async () => {
    const { server, token } = await start({ STALL_AFTER: 5 });
    await using _ = server;
    const viewer = await watch(server, token);
    await take(viewer, 3);
    viewer.close();
    await untilReleased(server, 15_000);
  });

  it.each([
    ['busy', `s_fmt:${errno.EBUSY}`, 'camera_busy'],
    ['busy while it starts', `streamon:${errno.EBUSY}`, 'camera_busy'],
    ['forbidden', `open:${errno.EACCES}`, 'camera_forbidden'],
    ['missing', `open:${errno.ENOENT}`, 'camera_missing'],
    ['on a bus without bandwidth', `streamon:${errno.ENOSPC}`, 'camera_bandwidth'],
  ])('says what to do when it is %s', async (_, failure, code) => {
    const { server, token } = await start({ FAIL: failure });
    await using _server = server;
    const problem = await photoProblem(server, token, 'front');
    expect(problem).toMatchObject({ status: 503, code });
    expect(problem.message).toMatch(/[.]$/);
  });

  it('is not opened for a test while it is switched off', async () => {
    const { server } = await start();
    await using _ = server;
    const admin = await server.signIn();
    const test = async (source: string): Promise<unknown> =>
      (await admin.send('POST', '/api/cameras/test', { source })).json();
    expect(await test(camera.device)).toMatchObject({ ok: true });
    expect((await admin.send('PATCH', '/api/cameras/front', { enabled: false })).status).toBe(200);
    await untilReleased(server, 15_000);
    for (const source of [camera.device, `${camera.device}?width=320`]) {
      expect(await test(source)).toMatchObject({ ok: false, problem: { code: 'camera_off', field: 'source' } });
    }
  });
});

/** The lowest free /dev/videoN, created for the test where that is allowed. */
const node = Array.from({ length: 10 }, (_, index) => `/dev/video${index + 40}`).find((each) => !existsSync(each));
const mayMakeNodes = process.getuid?.() === 0 && node !== undefined;

describe.skipIf(lacks('cc') || !mayMakeNodes)('without any camera configured', () => {
  it('offers every capture device that it finds', async () => {
    await using folder = await temporaryFolder();
    const device = node as string;
    expect(spawnSync('mknod', [device, 'c', '81', '240']).status).toBe(0);
    try {
      const camera = await buildFakeCamera(folder.path, { device });
      await using server = await startServer({ env: camera.environment() });
      const admin = await server.signIn();
      const cameras = await admin.json<CameraInfo[]>('/api/cameras');
      expect(cameras.map(({ id }) => id)).toEqual(['fake-webcam']);
      const devices = await admin.json<{ path: string; modes: object[] }[]>('/api/devices');
      expect(devices).toMatchObject([{ node: device, modes: [{ format: 'mjpeg', width: 640, height: 480 }] }]);
      using viewer = await watch(server, await server.token(), '/cameras/fake-webcam/stream.mjpeg');
      for (const { bytes } of await viewer.take(3)) expect(readMark(bytes)).not.toBeNull();
    } finally {
      await rm(device, { force: true });
    }
  });
});

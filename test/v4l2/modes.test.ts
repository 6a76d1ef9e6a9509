// A webcam's Modes and controls, with a fake webcam at full speed (modecam.c).
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import type { Control } from '../../src/domain/cameras/control.ts';
import { inspectJpeg } from '../../src/formats/jpeg/jpeg.ts';
import type { Client } from '../support/client.ts';
import { readMark } from '../support/fakecam.ts';
import type { MultipartReader, Part } from '../support/multipart-reader.ts';
import { lacks } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { captures, untilReleased, watch } from '../support/watching.ts';
import { buildModeCamera, type ModeCamera } from './modecam.ts';

describe.skipIf(lacks('cc'))('a webcam with two Modes and with controls', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let camera: ModeCamera;
  beforeAll(async () => {
    folder = await temporaryFolder();
    camera = await buildModeCamera(folder.path);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  async function start(query = '', data?: string): Promise<{ server: TestServer; admin: Client; token: string }> {
    const server = await startServer({ env: camera.environment, ...(data === undefined ? {} : { data }) });
    const admin = await server.signIn();
    const cameras = await admin.json<CameraInfo[]>('/api/cameras');
    if (!cameras.some(({ id }) => id === 'front')) {
      const added = await admin.send('POST', '/api/cameras', { name: 'Front', source: camera.device + query });
      expect(added.status).toBe(201);
    }
    return { server, admin, token: await server.token() };
  }

  const state = async (admin: Client) => (await admin.json<CameraInfo>('/api/cameras/front')).state;

  async function controls(admin: Client): Promise<Record<string, unknown>> {
    const all = await admin.json<Control[]>('/api/cameras/front/controls');
    return Object.fromEntries(all.map((control) => [control.id, 'value' in control ? control.value : null]));
  }

  it('opens in its largest Mode, and reports the rate that it claims', async () => {
    const { server, admin, token } = await start();
    await using _ = server;
    using viewer = await watch(server, token);
    await viewer.take(3);
    expect(await state(admin)).toMatchObject({
      kind: 'live',
      width: 640,
      height: 480,
      format: 'mjpeg',
      claimedFps: 20,
    });
    expect(await state(admin)).not.toHaveProperty('warning');
  });

  it('opens in the Mode nearest to the wanted one, with a warning in state and log', async () => {
    const { server, admin, token } = await start('?width=352&height=288&fps=60');
    await using _ = server;
    using viewer = await watch(server, token);
    await viewer.take(3);
    const warning =
      'The camera does not offer 352\u00a0×\u00a0288 at 60\u00a0fps; 320\u00a0×\u00a0240 at 20\u00a0fps was chosen.';
    expect(await state(admin)).toMatchObject({ kind: 'live', width: 320, height: 240, warning });
    expect(server.log.some(({ msg }) => msg === warning)).toBe(true);
  });

  it('switches its Mode while ten viewers watch, who receive only frames of the camera', async () => {
    const { server, admin, token } = await start();
    await using _ = server;
    const viewers = await Promise.all(Array.from({ length: 10 }, () => watch(server, token)));
    try {
      await Promise.all(viewers.map((viewer) => viewer.take(3)));
      const asked = performance.now();
      const changed = admin.send('PATCH', '/api/cameras/front', { source: `${camera.device}?width=320&height=240` });
      const seen = await Promise.all(viewers.map((viewer) => until(viewer, 320)));
      expect((await changed).status).toBe(200);
      for (const parts of seen) {
        // Every frame is the camera's own, without a placeholder frame in the pause.
        const odd = parts.filter(({ bytes }) => readMark(bytes) === null);
        expect(odd).toEqual([]);
        expect(Math.max(...parts.map(({ arrivedAt }) => arrivedAt)) - asked, 'milliseconds').toBeLessThan(2_000);
      }
      await Promise.all(viewers.map((viewer) => viewer.take(3)));
      expect(await state(admin)).toMatchObject({ kind: 'live', width: 320, height: 240 });
    } finally {
      for (const viewer of viewers) viewer.close();
    }
  });

  it('keeps controls that were set live after a reconnect and a restart, and resets them', async () => {
    await using data = await temporaryFolder();
    const changes = { white_balance_temperature: 3000, white_balance_automatic: false, brightness: -20 };
    {
      const { server, admin, token } = await start('', data.path);
      await using _ = server;
      // While the camera is closed.
      expect(await controls(admin)).toEqual({
        brightness: 0,
        white_balance_automatic: true,
        power_line_frequency: 1,
        white_balance_temperature: 4600,
        focus_now: null,
      });
      expect(captures(server)).toEqual([]);
      using viewer = await watch(server, token);
      await viewer.take(3);
      const set = await admin.send('PATCH', '/api/cameras/front/controls', changes);
      expect(await set.json()).toContainEqual(
        expect.objectContaining({ id: 'white_balance_temperature', value: 3000 }),
      );
      expect((await admin.send('PATCH', '/api/cameras/front/controls', { focus_now: true })).status).toBe(200);

      const bad = await admin.send('PATCH', '/api/cameras/front/controls', { brightness: 65 });
      expect(bad.status).toBe(400);
      expect(await bad.json()).toMatchObject({
        error: { field: 'brightness', message: 'Brightness takes whole numbers from -64 to 64, not 65.' },
      });
      // The capture crashes. The next one finds the controls at their defaults, and restores them.
      const [pid] = captures(server);
      process.kill(pid as number, 'SIGKILL');
      await expect.poll(() => captures(server)[0] ?? pid, { timeout: 10_000 }).not.toBe(pid);
      await expect.poll(async () => (await state(admin)).kind, { timeout: 10_000 }).toBe('live');
      expect(await controls(admin)).toMatchObject(changes);
    }
    const { server, admin, token } = await start('', data.path);
    await using _ = server;
    using viewer = await watch(server, token);
    await viewer.take(3);
    expect(await controls(admin)).toMatchObject(changes);
    const reset = await admin.send('POST', '/api/cameras/front/controls/reset');
    expect(reset.status).toBe(200);
    const defaults = { brightness: 0, white_balance_automatic: true, white_balance_temperature: 4600 };
    expect(await controls(admin)).toMatchObject(defaults);
    viewer.close();
    await untilReleased(server, 15_000);
    using again = await watch(server, token);
    await again.take(3);
    expect(await controls(admin)).toMatchObject(defaults);
  });

  it('is not opened for its controls while it is switched off', async () => {
    const { server, admin } = await start();
    await using _ = server;
    expect((await admin.send('PATCH', '/api/cameras/front', { enabled: false })).status).toBe(200);
    for (const [method, path, body] of [
      ['GET', 'controls', undefined],
      ['PATCH', 'controls', { brightness: 1 }],
      ['POST', 'controls/reset', undefined],
    ] as const) {
      const answer = await admin.send(method, `/api/cameras/front/${path}`, body);
      expect(await answer.json()).toMatchObject({ error: { code: 'camera_off' } });
    }
    await delay(100);
    expect(server.children).toEqual([]);
  });
});

/** Reads the parts of a stream up to the first frame of this width, inclusive. */
async function until(viewer: MultipartReader, width: number): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (;;) {
    const part = await viewer.next();
    if (part === null) throw new Error('the stream ended');
    parts.push(part);
    if (inspectJpeg(part.bytes)?.width === width) return parts;
  }
}

// Photos in the largest Mode of a webcam whose viewers watch a smaller one, with a fake webcam at full speed
// (modecam.c).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraDetails, CameraInfo } from '../../src/domain/cameras/camera.ts';
import { inspectJpeg } from '../../src/formats/jpeg/jpeg.ts';
import type { Photo } from '../../src/domain/photo.ts';
import { lacks } from '../support/programs.ts';
import { startServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { watch } from '../support/watching.ts';
import { buildModeCamera, type ModeCamera } from './modecam.ts';

describe.skipIf(lacks('cc'))('a photo of a webcam that is watched in a small Mode', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let camera: ModeCamera;
  beforeAll(async () => {
    folder = await temporaryFolder();
    camera = await buildModeCamera(folder.path);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  async function start() {
    const server = await startServer({ env: camera.environment });
    const admin = await server.signIn();
    const source = `${camera.device}?width=320&height=240`;
    expect((await admin.send('POST', '/api/cameras', { name: 'Front', source })).status).toBe(201);
    return { server, admin, token: await server.token() };
  }

  it('has the size that is watched, unless an admin allows the largest Mode', async () => {
    const { server, admin, token } = await start();
    await using _ = server;
    using viewer = await watch(server, token);
    await viewer.take(2);
    expect(await admin.json<CameraDetails>('/api/cameras/front')).toMatchObject({ bestPhotos: false });
    const taken = await admin.send('POST', '/api/cameras/front/photos');
    expect(await taken.json()).toMatchObject({ width: 320, height: 240 });
  });

  it('is taken in the largest Mode if that is allowed; viewers wait for less than two seconds', async () => {
    const { server, admin, token } = await start();
    await using _ = server;
    await admin.send('PATCH', '/api/cameras/front', { bestPhotos: true });
    expect(await admin.json<CameraDetails>('/api/cameras/front')).toMatchObject({ bestPhotos: true });
    using viewer = await watch(server, token);
    await viewer.take(2);
    const answer = admin.send('POST', '/api/cameras/front/photos');
    const parts = await viewer.take(60);
    const photo = (await (await answer).json()) as Photo;
    expect(photo).toMatchObject({ width: 640, height: 480 });
    const file = Buffer.from(await (await admin.request(`/photos/${photo.id}/file`)).arrayBuffer());
    expect(inspectJpeg(file)).toMatchObject({ width: 640, height: 480 });
    // The viewer was not disconnected, receives the small frames again, and waited for less than two seconds.
    expect(inspectJpeg(parts.at(-1)?.bytes ?? Buffer.alloc(0))).toMatchObject({ width: 320, height: 240 });
    const gaps = parts.slice(1).map((part, index) => part.arrivedAt - (parts[index]?.arrivedAt ?? part.arrivedAt));
    expect(Math.max(...gaps)).toBeLessThan(2_000);
    const { state } = await admin.json<CameraInfo>('/api/cameras/front');
    expect(state).toMatchObject({ kind: 'live', width: 320, height: 240 });
  });

  it('is taken one after another if several are requested at once', async () => {
    const { server, admin } = await start();
    await using _ = server;
    await admin.send('PATCH', '/api/cameras/front', { bestPhotos: true });
    const taken = await Promise.all([1, 2, 3].map(() => admin.send('POST', '/api/cameras/front/photos')));
    for (const each of taken) expect(await each.json()).toMatchObject({ width: 640, height: 480 });
  });
});

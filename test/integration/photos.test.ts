// Photos, from the camera's best frame to the stored file.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Photo, PhotoPage } from '../../src/domain/photo.ts';
import { readBarCode } from '../support/bar-code.ts';
import type { Client } from '../support/client.ts';
import { makeJpegs, writeClip } from '../support/clips.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { capturedAt, watch } from '../support/watching.ts';

const size = { width: 1280, height: 720 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let admin: Client;
let token: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'letter.txt'), 'No video at all.\n'.repeat(500));
  server = await startServer({
    args: [
      ...['--camera', `front=test:?width=${size.width}&height=${size.height}&fps=15`],
      ...['--camera', `broken=file:${join(folder.path, 'letter.txt')}`],
      ...['--camera', `missing=file:${join(folder.path, 'none.mp4')}`],
    ],
  });
  admin = await server.signIn();
  token = await server.token();
});
afterAll(async () => {
  await server.stop();
  await folder[Symbol.asyncDispose]();
});

/** Every file stored for photos. */
async function files(): Promise<readonly string[]> {
  const found = await readdir(join(server.data, 'photos'), { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

async function rows(): Promise<readonly Photo[]> {
  return (await admin.json<PhotoPage>('/api/photos?limit=200')).photos;
}

async function take(camera = 'front'): Promise<Photo> {
  const response = await admin.send('POST', `/api/cameras/${camera}/photos`);
  expect(response.status, await response.clone().text()).toBe(201);
  return (await response.json()) as Photo;
}

async function fileOf(photo: Photo): Promise<Buffer> {
  return Buffer.from(await (await admin.request(`/photos/${photo.id}/file`)).arrayBuffer());
}

describe('a photo', () => {
  it('opens a camera that nobody watches, and has an accurate description', async () => {
    const before = Date.now();
    const photo = await take();
    expect(photo).toMatchObject({ cameraId: 'front', cameraName: 'front', takenBy: 'admin', ...size });
    expect(photo.takenAt).toBeGreaterThanOrEqual(before - 1);
    expect(photo.takenAt).toBeLessThanOrEqual(Date.now());
    expect(photo.fileName).toMatch(/^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_front_[a-z0-9]+\.jpg$/);
    const bytes = await fileOf(photo);
    expect(bytes.length).toBe(photo.bytes);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', ...size });
    expect((await rows()).map(({ id }) => id)).toContain(photo.id);
  });

  it("has the source's full size whichever size viewers watch, and none of them notices", async () => {
    using viewer = await watch(server, token, '/cameras/front/stream.mjpeg?width=320');
    await viewer.take(5);
    const photo = await take();
    expect(photo).toMatchObject(size);
    expect(await readBarCode(await fileOf(photo), size)).not.toBeNull();
    const parts = await viewer.take(15);
    for (const [index, part] of parts.entries()) {
      const { width } = await sharp(part.bytes).metadata();
      expect(width).toBe(320);
      const before = parts[index - 1];
      if (before !== undefined) expect(capturedAt(part) - capturedAt(before)).toBeLessThan(1_500);
    }
  });

  it('was captured after it was requested', async () => {
    using viewer = await watch(server, token);
    await viewer.take(2);
    for (let index = 0; index < 3; index += 1) {
      const asked = Date.now();
      expect((await take()).takenAt).toBeGreaterThanOrEqual(asked - 1);
    }
  });

  it("is an MJPEG camera's own bytes", async () => {
    await using own = await temporaryFolder();
    const jpegs = await makeJpegs(5);
    const clip = await writeClip(own.path, jpegs);
    await using other = await startServer({ args: ['--camera', `front=file:${clip}`] });
    const person = await other.signIn();
    const photo = (await (await person.send('POST', '/api/cameras/front/photos')).json()) as Photo;
    const bytes = Buffer.from(await (await person.request(`/photos/${photo.id}/file`)).arrayBuffer());
    const head = await person.request(`/photos/${photo.id}/file`, { method: 'HEAD' });
    expect(Number(head.headers.get('content-length'))).toBe(bytes.length);
    expect(jpegs.some((jpeg) => jpeg.equals(bytes))).toBe(true);
  });
});

describe('twenty photos at once', () => {
  it('are twenty files and twenty rows', async () => {
    const [filesBefore, rowsBefore] = [await files(), await rows()];
    const photos = await Promise.all(Array.from({ length: 20 }, () => take()));
    for (const key of ['id', 'fileName'] as const) expect(new Set(photos.map((photo) => photo[key])).size).toBe(20);
    const kept = (await files()).filter((file) => !filesBefore.includes(file));
    for (const { fileName } of photos) expect(kept.some((file) => file.endsWith(`/${fileName}`))).toBe(true);
    expect((await rows()).length - rowsBefore.length).toBe(20);
    for (const photo of photos) expect((await fileOf(photo)).length).toBe(photo.bytes);
  });
});

describe('a photo that fails', () => {
  it.each([
    ['broken', 'source_not_video'],
    ['missing', 'source_file_missing'],
  ])('of the camera "%s" leaves no file and no row, and says why', async (camera, code) => {
    const [filesBefore, rowsBefore] = [await files(), await rows()];
    const response = await admin.send('POST', `/api/cameras/${camera}/photos`);
    expect(response.status).toBe(503);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);

    const page = await admin.submit('/capture', { camera });
    expect(page.status).toBe(500);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await page.text()).toContain(error.message);
    expect(await files()).toEqual(filesBefore);
    expect(await rows()).toEqual(rowsBefore);
  });

  it('of a camera that is switched off says so', async () => {
    expect((await admin.send('PATCH', '/api/cameras/front', { enabled: false })).status).toBe(200);
    try {
      const rowsBefore = await rows();
      const response = await admin.send('POST', '/api/cameras/front/photos');
      expect([response.status, await response.json()]).toMatchObject([409, { error: { code: 'camera_off' } }]);
      expect(await rows()).toEqual(rowsBefore);
    } finally {
      await admin.send('PATCH', '/api/cameras/front', { enabled: true });
    }
  });

  it('because the camera does not exist is a 404', async () => {
    expect((await admin.send('POST', '/api/cameras/nowhere/photos')).status).toBe(404);
  });

  it('because its folder is not writable leaves no row', async () => {
    await using data = await temporaryFolder();
    const args = ['--camera', 'front=test:?width=320&height=240&fps=10'];
    await using other = await startServer({ data: data.path, args });
    const person = await other.signIn();
    await rm(join(data.path, 'photos'), { recursive: true, force: true });
    await writeFile(join(data.path, 'photos'), 'not a folder');
    const response = await person.send('POST', '/api/cameras/front/photos');
    expect([response.status, await response.json()]).toMatchObject([500, { error: { code: 'storage_failed' } }]);
    expect((await person.json<PhotoPage>('/api/photos')).photos).toEqual([]);
    await rm(join(data.path, 'photos'));
    expect((await person.send('POST', '/api/cameras/front/photos')).status, 'the folder is made again').toBe(201);
  });
});

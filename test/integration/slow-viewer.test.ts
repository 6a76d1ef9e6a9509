// A viewer that reads nothing costs the others nothing, and the server next to nothing.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeJpegs } from '../support/clips.ts';
import { type HttpCamera, startHttpCamera } from '../support/http-camera.ts';
import { LivePage } from '../support/live-page.ts';
import { readMetrics } from '../support/metrics.ts';
import type { MultipartReader, Part } from '../support/multipart-reader.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { capturedAt, watch } from '../support/watching.ts';

/** The size of a frame, padded with a comment so that a few frames fill every buffer in between, in bytes. */
const pictureSize = 300_000;

let camera: HttpCamera;
let server: TestServer;
let token: string;
beforeAll(async () => {
  const jpegs = await makeJpegs(6);
  camera = await startHttpCamera(jpegs.map(padded), 15);
  server = await startServer({ args: ['--camera', `front=${camera.url}`] });
  token = await server.token();
});
afterAll(async () => {
  await server.stop();
  await camera[Symbol.asyncDispose]();
});

/** The same JPEG with comments (COM segments) after its SOI. */
function padded(jpeg: Buffer): Buffer {
  const comment = Buffer.alloc(60_000, 0x20);
  comment.writeUInt16BE(0xfffe, 0);
  comment.writeUInt16BE(comment.length - 2, 2);
  const comments = Array.from({ length: pictureSize / comment.length }, () => comment);
  return Buffer.concat([jpeg.subarray(0, 2), ...comments, jpeg.subarray(2)]);
}

/** Reads for a while; returns the distinct frames. */
async function readFor(viewer: MultipartReader, milliseconds: number): Promise<readonly Part[]> {
  const until = performance.now() + milliseconds;
  const parts: Part[] = [];
  while (performance.now() < until) {
    const part = await viewer.next();
    if (part === null) throw new Error('the stream ended');
    if (parts.length === 0 || capturedAt(parts.at(-1) as Part) !== capturedAt(part)) parts.push(part);
  }
  return parts;
}

/** The server's resident memory in bytes (proc(5), VmRSS). */
function memory(): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1_024;
}

describe('viewers that read nothing', () => {
  it('do not slow down another viewer, and their memory does not grow', async () => {
    using viewer = await watch(server, token);
    await readFor(viewer, 1_000);
    const alone = await readFor(viewer, 4_000);

    const stuck = await Promise.all(Array.from({ length: 20 }, () => watch(server, token)));
    for (const each of stuck) each.pause();
    const headers = { authorization: `Bearer ${token}` };
    const pages = await Promise.all(Array.from({ length: 5 }, () => LivePage.open(server.url, headers)));
    for (const page of pages) {
      page.watch('front');
      page.pause();
    }
    try {
      // Until every buffer between server and viewer is full.
      await readFor(viewer, 3_000);
      const full = memory();
      const together = await readFor(viewer, 8_000);
      const grown = memory() - full;

      expect(together.length / 8, 'pictures a second').toBeGreaterThan((0.7 * alone.length) / 4);
      // Queued for 25 viewers, they would take hundreds of megabytes.
      const published = together.length * pictureSize;
      expect(grown).toBeLessThan(Math.max(32 * 1024 * 1024, published));
      expect(published * stuck.length).toBeGreaterThan(200 * 1024 * 1024);
      for (const each of stuck) expect(each.ended).toBe(false);
    } finally {
      for (const each of stuck) each.close();
      for (const page of pages) page[Symbol.dispose]();
    }
  });

  it('get the newest frame when they read again, not the ones that they missed', async () => {
    using viewer = await watch(server, token);
    await viewer.take(2);
    viewer.pause();
    await delay(6_000);
    const resumed = Date.now();
    viewer.resume();
    const parts: Part[] = [];
    for await (const part of viewer) {
      parts.push(part);
      if (capturedAt(part) > resumed) break;
    }
    const times = parts.map(capturedAt);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // The contents of the kernel's buffers come first, then current frames: most of six seconds' frames never come.
    expect(parts.length).toBeLessThan(45);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...gaps), 'milliseconds left out').toBeGreaterThan(1_000);
    await viewer.take(3);
  });

  it('leave nothing behind when they disconnect', async () => {
    const viewers = async (): Promise<number> => {
      const metrics = await readMetrics(server.url, token);
      return metrics.value('porthole_rendition_viewers', { camera: 'front', rendition: 'jpeg-source' });
    };
    const stuck = await watch(server, token);
    stuck.pause();
    await delay(1_500);
    expect(await viewers()).toBe(1);
    stuck.close();
    await expect.poll(viewers, { timeout: 5_000 }).toBe(0);
  });
});

describe('a viewer that reads one frame per second', () => {
  it('gets current frames, not every frame before them', async () => {
    using viewer = await watch(server, token, '/cameras/front/stream.mjpeg', { receiveBuffer: 128 * 1024 });
    const ages: number[] = [];
    const seconds = 10;
    for (let second = 0; second < seconds; second += 1) {
      viewer.resume();
      const part = await viewer.next();
      viewer.pause();
      if (part === null) throw new Error('the stream ended');
      ages.push((Date.now() - capturedAt(part)) / 1_000);
      await delay(1_000);
    }
    // By default kernels queue a few megabytes per connection: all of this viewer's ten seconds.
    expect(ages.at(-1), `seconds, of ${ages.map((age) => age.toFixed(1)).join(', ')}`).toBeLessThan(seconds / 2);
  });
});

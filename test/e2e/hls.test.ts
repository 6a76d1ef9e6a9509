// HLS in a browser: a third-party player on a page of another origin.
import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBarCode } from '../support/bar-code.ts';
import { writeFlashAndBeep } from '../support/flash-and-beep.ts';
import { lacks } from '../support/programs.ts';
import { eventually, frontCamera, frontSize, useSite } from '../support/site.ts';

const clip = join(tmpdir(), `porthole-hls-${process.pid}.mp4`);
const hears = !lacks('ffmpeg', 'ffprobe');
beforeAll(() => (hears ? writeFlashAndBeep(clip, 8) : undefined));
afterAll(() => rm(clip, { force: true }));
const site = useSite({ args: [...frontCamera, '--camera', `beeps=file:${clip}`] });
const player = createRequire(import.meta.url).resolve('hls.js/dist/hls.js');

let elsewhere: Server;
let origin: string;
beforeAll(async () => {
  const script = await readFile(player);
  elsewhere = createServer((request, response) => {
    const isScript = request.url === '/hls.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><link rel=icon href=data:,><script src=/hls.js></script>');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
});
afterAll(() => elsewhere.close());

/** What hls.js, a global of the page, is used for here. */
interface Hls {
  loadSource(url: string): void;
  attachMedia(video: HTMLVideoElement): void;
  on(event: string, listener: (event: string, data: { type: string; details: string; fatal: boolean }) => void): void;
  readonly latency: number;
}
interface WithHls {
  Hls: new (config: object) => Hls;
  player: Hls;
  errors: string[];
}

/** Plays an address on a page of the other origin. */
async function play(url: string, config: object): Promise<Page> {
  const page = await (await site.visitor({ user: null })).newPage();
  await page.goto(origin);
  await page.evaluate(
    ([address, options]) => {
      const here = globalThis as unknown as WithHls;
      const video = document.createElement('video');
      video.muted = true;
      video.autoplay = true;
      document.body.append(video);
      here.player = new here.Hls(options);
      here.errors = [];
      here.player.on('hlsError', (_event, { type, details, fatal }) => {
        here.errors.push(`${fatal ? 'fatal ' : ''}${type} ${details}`);
      });
      here.player.loadSource(address);
      here.player.attachMedia(video);
    },
    [url, config] as const,
  );
  return page;
}

/** The number of the test pattern's picture that the page's video shows; null if it shows none. */
async function shown(page: Page): Promise<number | null> {
  const picture = await page.evaluate(() => {
    const video = document.querySelector('video');
    if (video === null || video.videoWidth === 0) return '';
    const copy = document.createElement('canvas');
    copy.width = video.videoWidth;
    copy.height = video.videoHeight;
    copy.getContext('2d')?.drawImage(video, 0, 0);
    return copy.toDataURL('image/png');
  });
  return picture === '' ? null : readBarCode(Buffer.from(picture.slice(picture.indexOf(',') + 1), 'base64'), frontSize);
}

describe('HLS in a player on another page', () => {
  it.each([
    ['with low latency', true, 5],
    ['without', false, 20],
  ])('really moves, goes on, and is not far behind, %s', async (_name, lowLatencyMode, behind) => {
    const admin = await site.server.signIn();
    expect((await admin.send('PUT', '/api/settings', { origins: [origin] })).ok).toBe(true);
    const token = await site.server.token({ name: `player ${lowLatencyMode}` });
    const url = `${site.server.url}/cameras/front/index.m3u8?token=${token}`;
    const page = await play(url, { lowLatencyMode, enableWorker: false });
    await eventually(() => shown(page), 'a picture').not.toBeNull();
    const first = (await shown(page)) ?? 0;
    // Longer than a playlist lasts, so that it lives on what came later.
    await expect.poll(() => shown(page), { timeout: 60_000, interval: 200 }).toBeGreaterThan(first + 15 * 12);
    const { latency, errors } = await page.evaluate(() => {
      const here = globalThis as unknown as WithHls;
      return { latency: here.player.latency, errors: here.errors };
    });
    expect(errors.filter((error) => error.startsWith('fatal'))).toEqual([]);
    expect(latency, 'seconds behind the live edge').toBeLessThan(behind);
  });

  it.skipIf(!hears)('has the sound that is asked for', async () => {
    const admin = await site.server.signIn();
    expect((await admin.send('PUT', '/api/settings', { origins: [origin] })).ok).toBe(true);
    const token = await site.server.token({ name: 'listener' });
    const url = `${site.server.url}/cameras/beeps/index.m3u8?audio=1&token=${token}`;
    const page = await play(url, { enableWorker: false });
    const video = () =>
      page.evaluate(() => {
        const element = document.querySelector('video') as HTMLVideoElement & { webkitAudioDecodedByteCount: number };
        return { time: element.currentTime, audio: element.webkitAudioDecodedByteCount };
      });
    await eventually(async () => (await video()).audio, 'bytes of sound that were decoded').toBeGreaterThan(0);
    const { time } = await video();
    await expect.poll(async () => (await video()).time, { timeout: 40_000 }).toBeGreaterThan(time + 8);
    const errors = await page.evaluate(() => (globalThis as unknown as WithHls).errors);
    expect(errors.filter((error) => error.startsWith('fatal'))).toEqual([]);
  });
});

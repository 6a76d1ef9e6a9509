// Audio over WHEP, with a client on werift.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFlashAndBeep } from '../support/flash-and-beep.ts';
import { readMetrics } from '../support/metrics.ts';
import { lacks } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WhepViewer } from '../support/whep-viewer.ts';

/** Polling for a slow machine, in milliseconds. */
const polling = { timeout: 20_000, interval: 50 };

/**
 * The age of an RTP timestamp in milliseconds. Capture times of audio are averaged over many frames, so a single one
 * may be some milliseconds in the future.
 */
function ageOf(timestamp: number | undefined, rate: number): number {
  const [ticks, round] = [(Date.now() * rate) / 1_000 - (timestamp ?? NaN), 2 ** 32];
  return ((((ticks + round / 2) % round) - round / 2) / rate) * 1_000;
}

describe.skipIf(lacks('ffmpeg'))('a WHEP client with audio', () => {
  let server: TestServer;
  let token: string;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const clip = join(folder.path, 'clip.mp4');
    await writeFlashAndBeep(clip, 8);
    server = await startServer({
      args: ['--camera', `front=file:${clip}`, '--camera', 'silent=test:?width=320&height=240', '--grace', '1'],
    });
    token = await server.token();
  });
  afterAll(async () => {
    await server.stop();
    await folder[Symbol.asyncDispose]();
  });

  const watch = (camera: string, audio: boolean): Promise<WhepViewer> =>
    WhepViewer.open(`${server.url}/cameras/${camera}/whep`, {
      headers: { authorization: `Bearer ${token}` },
      audio,
    });
  const figure = async (name: 'viewers' | 'frames_total', rendition = 'opus'): Promise<number> =>
    (await readMetrics(server.url, token)).value(`porthole_rendition_${name}`, { camera: 'front', rendition });

  it('receives fifty Opus packets a second as well as the video, each with its capture time', async () => {
    await using viewer = await watch('front', true);
    await expect.poll(() => viewer.audio.length, polling).toBeGreaterThan(10);
    const from = viewer.audio.length;
    await expect.poll(() => viewer.audio.length, polling).toBeGreaterThan(from + 200);
    // By the clock of the packets, modulo 2^32: the test may be late.
    const times = viewer.audio.slice(from).map(({ timestamp }) => timestamp);
    const seconds = (((times.at(-1) ?? 0) - (times[0] ?? 0)) >>> 0) / 48_000;
    expect((times.length - 1) / seconds, 'a second').toBeGreaterThan(42);
    expect((times.length - 1) / seconds, 'a second').toBeLessThan(58);
    expect(await figure('viewers')).toBe(1);

    const [heard, seen] = [viewer.audio.at(-1), viewer.packets.at(-1)];
    const ages = [ageOf(heard?.timestamp, 48_000), ageOf(seen?.timestamp, 90_000)] as const;
    expect(Math.max(...ages), `milliseconds: ${ages.join()}`).toBeLessThan(2_000);
    expect(Math.min(...ages), `milliseconds: ${ages.join()}`).toBeGreaterThan(-50);
    // Both have the same epoch.
    expect(Math.abs(ages[0] - ages[1]), `milliseconds: ${ages.join()}`).toBeLessThan(500);
    const steps = viewer.audio
      .slice(1, 200)
      .map(({ timestamp }, at) => (timestamp - (viewer.audio[at]?.timestamp ?? 0)) >>> 0);
    expect(steps.filter((step) => step === 960).length, steps.join()).toBeGreaterThan(190);
    expect(new Set(viewer.answer.match(/cname:\S+/g)).size).toBe(1);
    expect(new Set(Array.from(viewer.answer.matchAll(/^a=msid:(\S+) /gm), ([, stream]) => stream)).size).toBe(1);
    expect(viewer.answer.match(/^a=msid:/gm)).toHaveLength(2);

    await viewer.end();
    await expect.poll(() => figure('viewers'), polling).toBe(0);
    const made = await figure('frames_total');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await figure('frames_total'), 'nothing is encoded that nobody hears').toBe(made);
  });

  it('is encoded only while such a viewer is there', async () => {
    await using viewer = await watch('front', false);
    const made = await figure('frames_total');
    await expect.poll(() => viewer.packets.filter(({ marker }) => marker).length, polling).toBeGreaterThan(40);
    expect([await figure('viewers'), await figure('frames_total')]).toEqual([0, made]);
    expect(await figure('viewers', 'h264-source')).toBe(1);
    expect(viewer.audio).toEqual([]);
  });

  it('is told that a camera without audio sends none', async () => {
    await using viewer = await watch('silent', true);
    expect(viewer.answer).toMatch(/m=audio 0 [^]*a=inactive[^]*m=video 9 /);
    await expect.poll(() => viewer.packets.filter(({ marker }) => marker).length, polling).toBeGreaterThan(10);
    expect(viewer.audio).toEqual([]);
  });
});

// Audio in a browser: the audio player, fed from the page's WebSocket, in sync with the video.
import { readFile, rm } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { readFrame } from '../../src/browser/connection/frame.ts';
import type { audioCodec, AudioPlayer } from '../../src/browser/player/audio/audio-player.ts';
import { writeFlashAndBeep } from '../support/flash-and-beep.ts';
import { lacks } from '../support/programs.ts';
import { eventually, useSite } from '../support/site.ts';

const clip = join(tmpdir(), `porthole-beeps-${process.pid}.mp4`);
beforeAll(() => writeFlashAndBeep(clip, 8));
afterAll(() => rm(clip, { force: true }));
const site = useSite({ args: ['--camera', `front=file:${clip}`] });

/** The modules' exports. */
interface Module {
  readonly AudioPlayer: typeof AudioPlayer;
  readonly audioCodec: typeof audioCodec;
  readonly readFrame: typeof readFrame;
}

/** What the test keeps on the page. */
interface Kept {
  failures: string[];
  heard: boolean;
  /** Loudest samples of the last moments, 0 to 1. */
  level: () => number;
  /** How far behind the newest sound what is heard is, in seconds. */
  behind: () => number;
}

/** A page of the site that has the browser's own modules as globals. */
async function pageWithModules(): Promise<Page> {
  const page = await (await site.visitor()).newPage();
  await page.route('**/modules/**', async (route) => {
    const name = new URL(route.request().url()).pathname.replace(/^.*\/modules\//, '');
    const all =
      "import * as a from './player/audio/audio-player.ts'; import * as b from './connection/frame.ts'; Object.assign(globalThis, a, b);";
    const source =
      name === 'all.js' ? all : await readFile(new URL(`../../src/browser/${name}`, import.meta.url), 'utf8');
    await route.fulfill({ contentType: 'text/javascript', body: stripTypeScriptTypes(source) });
  });
  await page.goto('/photos');
  await page.addScriptTag({ url: '/modules/all.js', type: 'module' });
  await page.waitForFunction('globalThis.AudioPlayer && globalThis.readFrame');
  return page;
}

/**
 * Listens to the camera, as a click on a button would.
 *
 * @param pictureLag how much older than the newest sound the picture is, in milliseconds; null without a picture
 */
async function listen(page: Page, codec: 'aac' | 'opus', pictureLag: number | null): Promise<void> {
  await page.mouse.click(5, 400);
  await page.evaluate(
    async ([name, lag]) => {
      const here = globalThis as unknown as Kept & Module;
      here.failures = [];
      here.heard = false;
      let newest = 0;
      const pictureTime = (): number | null => (lag === null || newest === 0 ? null : newest - lag);
      const player = new here.AudioPlayer(name, pictureTime, {
        heard: () => (here.heard = true),
        failed: (why) => here.failures.push(why),
      });
      const socket = new WebSocket(`ws://${location.host}/live`);
      socket.binaryType = 'arraybuffer';
      socket.onopen = () =>
        socket.send(JSON.stringify({ type: 'watch', view: 1, camera: 'front', width: 'source', codec: name }));
      socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
        const frame = typeof data === 'string' ? null : here.readFrame(data);
        if (frame === null) return;
        player.push(frame);
        newest = frame.capturedAt;
      };
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 2_048;
      context.createMediaElementSource(player.audio).connect(analyser).connect(context.destination);
      const samples = new Float32Array(analyser.fftSize);
      here.level = () => {
        analyser.getFloatTimeDomainData(samples);
        return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      };
      here.behind = () => {
        const { buffered, currentTime } = player.audio;
        return buffered.length === 0 ? Infinity : buffered.end(buffered.length - 1) - currentTime;
      };
      await context.resume();
    },
    [codec, pictureLag] as const,
  );
}

const read = <T>(page: Page, what: (here: Kept) => T): Promise<T> =>
  page.evaluate<T>(`(${what.toString()})(globalThis)`);

describe.skipIf(lacks('ffmpeg', 'ffprobe'))('sound on a page', () => {
  it.each(['aac', 'opus'] as const)('of %s is audible: beeps with silence in between', async (codec) => {
    const page = await pageWithModules();
    await listen(page, codec, null);
    await eventually(() => read(page, (here) => here.heard)).toBe(true);
    const levels = { loud: 0, silent: 0 };
    await eventually(async () => {
      const level = await read(page, (here) => here.level());
      levels.loud += level > 0.3 ? 1 : 0;
      levels.silent += level < 0.01 ? 1 : 0;
      return Math.min(levels.loud, levels.silent);
    }, 'moments of both').toBeGreaterThan(3);
    await eventually(() => read(page, (here) => here.behind()), 'seconds behind').toBeLessThan(0.6);
    expect(await read(page, (here) => here.failures)).toEqual([]);
  });

  it('is in sync with the video', async () => {
    const page = await pageWithModules();
    await listen(page, 'aac', 900);
    await eventually(() => read(page, (here) => here.heard)).toBe(true);
    await eventually(() => read(page, (here) => here.behind())).toBeGreaterThan(0.75);
    await page.waitForTimeout(3_000);
    const behind = await read(page, (here) => here.behind());
    expect(behind).toBeGreaterThan(0.7);
    expect(behind).toBeLessThan(1.3);
  });

  it('is requested in a codec that the browser plays', async () => {
    const page = await pageWithModules();
    const codec = await page.evaluate(() => (globalThis as unknown as Module).audioCodec());
    expect(['aac', 'opus']).toContain(codec);
  });
});

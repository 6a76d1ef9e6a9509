// Cameras that are read in the server process: their own frames pass, and transcoders make everything else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { App } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { inspectJpeg } from '../../src/formats/jpeg/jpeg.ts';
import { annexB, nalUnits } from '../../src/formats/h264/h264.ts';
import { ClipMedia, clipRate, type MediaClip } from '../support/clip-media.ts';
import { makeJpegs } from '../support/clips.ts';
import { makeH264 } from '../support/h264-clip.ts';
import { LivePage } from '../support/live-page.ts';
import { openMultipart } from '../support/multipart-reader.ts';
import { childrenOf } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WhepViewer } from '../support/whep-viewer.ts';

const patience = { timeout: 40_000, interval: 50 };
const password = 'correct horse battery staple';
const headers = { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` };
const size = { width: 640, height: 480, fps: clipRate };

let app: App;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  const [jpeg, h264] = await Promise.all([makeJpegs(15, 640, 480), makeH264(60, 640, 480)]);
  const clips: Readonly<Record<string, MediaClip>> = {
    jpeg: { tracks: { video: { codec: 'jpeg', ...size }, audio: null }, frames: jpeg },
    h264: {
      tracks: {
        video: { codec: 'h264', ...size },
        audio: { codec: 'pcma', rate: 8_000, channels: 1, config: null },
      },
      frames: h264,
      samples: Buffer.alloc(Math.round(8_000 / clipRate), 0xd5),
    },
    // Its slices contain nothing that could be decoded.
    broken: {
      tracks: { video: { codec: 'h264', ...size }, audio: null },
      frames: h264.map((unit) =>
        annexB(nalUnits(unit).map(({ type, bytes }) => (type > 5 ? bytes : bytes.subarray(0, 3)))),
      ),
    },
  };
  const cameras = { front: 'h264', back: 'h264', side: 'h264', old: 'jpeg', broken: 'broken' };
  const args = ['--host', '127.0.0.1', '--port', '0', '--data', folder.path, '--grace', '1'];
  for (const [name, clip] of Object.entries(cameras)) args.push('--camera', `${name}=rtsp://127.0.0.1/${clip}`);
  const command = readConfig({
    args: [...args, '--transcoder-cameras', '3'],
    env: { PORTHOLE_ADMIN_PASSWORD: password },
  });
  if (command.kind !== 'run') throw new TypeError('no command to run');
  app = await App.open(command.config, pino({ level: 'silent' }), {
    medias: {
      rtsp: (options) => {
        const { source } = options.source;
        const name = 'url' in source ? new URL(source.url).pathname.slice(1) : '';
        return new ClipMedia(options, clips[name] as MediaClip);
      },
    },
  });
});
afterAll(async () => {
  await app.close();
  await folder[Symbol.asyncDispose]();
});

const url = (camera: string, path: string): string => `${app.url}/cameras/${camera}/${path}`;

/** The pids of the running transcoders. */
function transcoders(): readonly number[] {
  return childrenOf(process.pid).filter((pid) => {
    try {
      return /capture\/transcoder\/main\.[jt]s/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    } catch {
      return false;
    }
  });
}

/** Reads MP4 until it has this many fragments. */
async function fragmentsOf(response: Response, count: number): Promise<number> {
  let fragments = 0;
  for await (const chunk of response.body ?? []) {
    fragments += Buffer.from(chunk).toString('latin1').split('moof').length - 1;
    if (fragments >= count) break;
  }
  return fragments;
}

describe('H.264 that is read in the server', () => {
  it('passes to MP4, WebRTC and pages without any transcoder', async () => {
    await using viewer = await WhepViewer.open(url('front', 'whep'), { headers });
    using page = await LivePage.open(app.url, headers);
    page.watch('front', 1, 'source', 'h264');
    const mp4 = await fetch(url('front', 'live.mp4?audio=0'), { headers });
    await expect.poll(() => Math.min(page.pictures, viewer.packets.length), patience).toBeGreaterThan(10);
    expect(transcoders()).toEqual([]);
    expect(await fragmentsOf(mp4, 5)).toBeGreaterThanOrEqual(5);
  });

  it('is transcoded to JPEG in any width, for snapshots and streams', async () => {
    const snapshot = await fetch(url('front', 'snapshot.jpg'), { headers });
    expect(inspectJpeg(Buffer.from(await snapshot.arrayBuffer()))).toMatchObject({ width: 640, height: 480 });
    using stream = await openMultipart(url('front', 'stream.mjpeg?width=320'), { headers });
    const parts = await stream.take(5);
    expect(inspectJpeg(parts.at(-1)?.bytes ?? Buffer.alloc(0))).toMatchObject({ width: 320, height: 240 });
    expect(transcoders()).toHaveLength(1);
  });

  it('is transcoded to H.264 in other widths, and G.711 to AAC and Opus', async () => {
    using page = await LivePage.open(app.url, headers);
    page.keep();
    page.watch('front', 1, 320, 'h264');
    page.watch('front', 2, 'source', 'aac');
    await using viewer = await WhepViewer.open(url('front', 'whep'), { headers, audio: true });
    await expect.poll(() => viewer.audio.length, patience).toBeGreaterThan(20);
    const widths = (width: number): number => page.kept.filter((each) => each.width === width).length;
    await expect.poll(() => Math.min(widths(320), widths(0)), patience).toBeGreaterThan(10);
  });

  it('that cannot be decoded has a warning in words, and passes nevertheless', async () => {
    using page = await LivePage.open(app.url, headers);
    page.watch('broken', 1, 'source', 'h264');
    page.watch('broken', 2, 320, 'jpeg');
    await expect
      .poll(async () => (await (await fetch(`${app.url}/api/cameras/broken`, { headers })).json()) as object, patience)
      .toMatchObject({ state: { kind: 'live', warning: expect.stringContaining('damaged') as string } });
    const before = page.pictures;
    await expect.poll(() => page.pictures, patience).toBeGreaterThan(before + 5);
  });

  it('begins with its newest frame, not with the GOP so far', async () => {
    using page = await LivePage.open(app.url, headers);
    page.watch('back', 1, 'source', 'h264');
    await expect.poll(() => page.pictures, patience).toBeGreaterThan(20);
    using other = await LivePage.open(app.url, headers);
    other.keep();
    const asked = Date.now();
    other.watch('back', 1, 320, 'jpeg');
    await expect.poll(() => other.kept.length, patience).toBeGreaterThan(0);
    expect(asked - (other.kept[0]?.capturedAt ?? 0)).toBeLessThan(1_000);
  });
});

describe('transcoders', () => {
  it('are shared by cameras up to the limit, and end after the last viewer', async () => {
    const streams = await Promise.all(
      ['front', 'back', 'side', 'old'].map((camera) =>
        openMultipart(url(camera, 'stream.mjpeg?width=320'), { headers }),
      ),
    );
    await Promise.all(streams.map((stream) => stream.take(3)));
    expect(transcoders()).toHaveLength(2);
    for (const stream of streams) stream[Symbol.dispose]();
    await expect.poll(() => transcoders(), patience).toEqual([]);
  });

  it('make H.264 of a JPEG camera', async () => {
    using page = await LivePage.open(app.url, headers);
    page.keep();
    page.watch('old', 1, 'source', 'h264');
    await expect.poll(() => page.kept.length, patience).toBeGreaterThan(5);
    expect(page.kept[0]).toMatchObject({ width: 640, height: 480 });
  });

  it('can be killed: JPEG is back within a moment, and the camera’s own frames go on', async () => {
    using passed = await LivePage.open(app.url, headers);
    passed.keep();
    passed.watch('front', 1, 'source', 'h264');
    using encoded = await openMultipart(url('front', 'stream.mjpeg?width=320'), { headers });
    using other = await openMultipart(url('back', 'stream.mjpeg?width=320'), { headers });
    await Promise.all([encoded.take(3), other.take(3)]);
    await expect.poll(() => passed.kept.length, patience).toBeGreaterThan(5);
    // After the second crash, each camera gets its own: one of the two may be the cause.
    for (const shared of [1, 2]) {
      const [pid] = transcoders();
      process.kill(pid as number, 'SIGKILL');
      await expect.poll(() => transcoders().filter((each) => each !== pid).length, patience).toBe(shared);
      const parts = await encoded.take(10);
      expect(inspectJpeg(parts.at(-1)?.bytes ?? Buffer.alloc(0))).toMatchObject({ width: 320 });
    }
    // The first message is the track's initialisation.
    const sequences = passed.kept.slice(1).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] as number) + index));
    passed[Symbol.dispose]();
    encoded[Symbol.dispose]();
    other[Symbol.dispose]();
    await expect.poll(() => transcoders(), patience).toEqual([]);
  });
});

// H.264 from the capture process to programs and pages, read by independent parsers.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createFile, MP4BoxBuffer } from 'mp4box';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { nalType, nalUnits } from '../../src/formats/h264/h264.ts';
import type { TokenInfo } from '../../src/domain/users/user.ts';
import { readBarCode } from '../support/bar-code.ts';
import { LivePage, type LivePicture } from '../support/live-page.ts';
import { readMetrics } from '../support/metrics.ts';
import { Mp4Reader } from '../support/mp4-reader.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startRtspServer } from '../support/rtsp-server.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { captures, watch } from '../support/watching.ts';
import { WhepViewer } from '../support/whep-viewer.ts';

const size = { width: 960, height: 540 };
const run = promisify(execFile);

/** ffprobe's report on a file: the stream and its frames. */
interface Probed {
  readonly streams: readonly Record<string, string | number>[];
  readonly frames: readonly { readonly key_frame: number; readonly pts: number; readonly pict_type: string }[];
}

async function probe(path: string): Promise<Probed> {
  const { stdout, stderr } = await run(
    programPath('ffprobe'),
    ['-v', 'warning', '-show_streams', '-show_frames', '-of', 'json', path],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  expect(stderr, 'what ffprobe complains of').toBe('');
  return JSON.parse(stdout) as Probed;
}

/** The frame numbers of the test pattern in a file, as FFmpeg decodes them. */
async function numbersIn(path: string): Promise<readonly (number | null)[]> {
  const { stdout } = await run(
    programPath('ffmpeg'),
    [
      '-v',
      'error',
      '-i',
      path,
      '-vf',
      'setpts=N/(15*TB)',
      '-r',
      '15',
      '-f',
      'image2pipe',
      '-c:v',
      'mjpeg',
      '-q:v',
      '2',
      '-',
    ],
    { maxBuffer: 256 * 1024 * 1024, encoding: 'buffer' },
  );
  const starts: number[] = [];
  const marker = Buffer.from([0xff, 0xd8, 0xff]);
  for (let at = stdout.indexOf(marker); at !== -1; at = stdout.indexOf(marker, at + 3)) starts.push(at);
  return Promise.all(starts.map((start, index) => readBarCode(stdout.subarray(start, starts[index + 1]), size)));
}

/** Reads a file with another parser; returns its samples, each with the time in its fragment. */
function samplesOf(bytes: Buffer) {
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0));
  file.flush();
  const starts = file.moofs.map(({ trafs }) => trafs[0]?.tfdt.baseMediaDecodeTime ?? Number.NaN);
  const samples = file
    .getTrackSamplesInfo(1)
    .map((sample, index) => ({ ...sample, start: starts[index] ?? Number.NaN }));
  return { info: file.getInfo(), samples };
}

function isGrowing(numbers: readonly (number | null)[]): boolean {
  return numbers.every(
    (number, index) => number !== null && (index === 0 || number > (numbers[index - 1] ?? Infinity)),
  );
}

describe.skipIf(lacks('ffmpeg', 'ffprobe'))('H.264 of a camera', () => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    const source = `test:?width=${size.width}&height=${size.height}&fps=15`;
    server = await startServer({ args: ['--camera', `front=${source}`, '--grace', '1'] });
    token = await server.token();
  });
  afterAll(() => server.stop());

  it.each([
    ['', 960, 540],
    ['?width=320', 320, 180],
  ])('is an MP4 at live.mp4%s that two other parsers read', async (query, width, height) => {
    await using folder = await temporaryFolder();
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4${query}`, token);
    const path = join(folder.path, 'live.mp4');
    const bytes = await reader.fragments(40);
    await writeFile(path, bytes);

    const { streams, frames } = await probe(path);
    expect(streams).toHaveLength(1);
    expect(streams[0]).toMatchObject({ codec_name: 'h264', profile: 'Constrained Baseline', width, height });
    expect(streams[0]).toMatchObject({ has_b_frames: 0, pix_fmt: 'yuv420p' });
    expect(frames).toHaveLength(40);
    expect(frames[0]?.key_frame).toBe(1);
    expect(frames.filter((frame) => frame.key_frame === 1).length, 'keyframes in 2.7 s').toBeGreaterThan(1);

    const { info, samples } = samplesOf(bytes);
    expect(info.videoTracks[0]?.codec).toMatch(/^avc1\.42c0/i);
    expect(samples).toHaveLength(40);
    samples.slice(1).forEach((sample, index) => {
      const before = samples[index];
      expect(sample.start, 'no gap and no overlap').toBe((before?.start ?? 0) + (before?.duration ?? 0));
    });
    if (width === size.width) expect(isGrowing(await numbersIn(path)), 'its pictures follow each other').toBe(true);
  });

  it("comes over a page's WebSocket, each message with its capture time, the decoder setup first", async () => {
    await using folder = await temporaryFolder();
    using page = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
    page.keep();
    page.watch('front', 3, 'source', 'h264');
    await expect.poll(() => page.kept.length, { timeout: 20_000 }).toBeGreaterThan(30);
    expect(page.messages.find(({ type }) => type === 'view')).toMatchObject({
      view: 3,
      width: 'source',
      codec: 'h264',
    });
    const [first, second, ...rest] = page.kept as [LivePicture, LivePicture, ...LivePicture[]];
    expect([first.kind, second.kind, second.keyframe]).toEqual([3, 2, true]);
    expect(new Set(rest.map(({ kind }) => kind))).toEqual(new Set([2]));
    for (const { capturedAt, width, height } of [second, ...rest]) {
      expect([width, height]).toEqual([size.width, size.height]);
      expect(Math.abs(Date.now() - capturedAt)).toBeLessThan(30_000);
    }
    const path = join(folder.path, 'socket.mp4');
    await writeFile(path, Buffer.concat(page.kept.map(({ content }) => content)));
    expect((await probe(path)).frames).toHaveLength(rest.length + 1);
    expect(isGrowing(await numbersIn(path))).toBe(true);
  });

  it('goes to a page together with the JPEGs of the same camera, under another stream number', async () => {
    using page = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
    page.keep();
    page.watch('front', 1, 320);
    page.watch('front', 65, 320, 'h264');
    await expect
      .poll(() => new Set(page.kept.map(({ kind }) => kind)), { timeout: 20_000 })
      .toEqual(new Set([1, 2, 3]));
    const streams = new Map(
      page.messages.filter(({ type }) => type === 'view').map((each) => [each.view, each.stream]),
    );
    for (const { kind, stream } of page.kept) expect(stream).toBe(streams.get(kind === 1 ? 1 : 65));
  });

  it('is encoded once for three viewers of one width, and not at all for none', async () => {
    const path = `${server.url}/cameras/front/live.mp4?width=480`;
    const readers = await Promise.all([1, 2, 3].map(() => Mp4Reader.open(path, token)));
    await Promise.all(readers.map((reader) => reader.fragments(25)));
    const labels = { camera: 'front', rendition: 'h264-480' };
    const metrics = await readMetrics(server.url, token);
    expect(metrics.value('porthole_rendition_viewers', labels)).toBe(3);
    const frames = metrics.value('porthole_rendition_frames_total', labels);
    expect(frames).toBeGreaterThanOrEqual(25);
    expect(frames, 'frames encoded, not frames times viewers').toBeLessThan(70);
    for (const reader of readers) reader.close();
    const viewers = async () => (await readMetrics(server.url, token)).value('porthole_rendition_viewers', labels);
    await expect.poll(viewers, { timeout: 10_000 }).toBe(0);
  });

  it('is the same encode for live.mp4, a page, WebRTC and HLS, and ends with the last of them', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const at = `${server.url}/cameras/front`;
    const labels = { camera: 'front', rendition: 'h264-320' };
    const value = async (name: string, rendition = labels.rendition) =>
      (await readMetrics(server.url, token)).value(name, { ...labels, rendition });
    // Keeps the camera open when the others have left.
    using other = await LivePage.open(server.url, headers);
    other.watch('front');

    using mp4 = await Mp4Reader.open(`${at}/live.mp4?width=320`, token);
    using page = await LivePage.open(server.url, headers);
    page.keep();
    page.watch('front', 1, 320, 'h264');
    await using rtc = await WhepViewer.open(`${at}/whep?width=320`, { headers });
    const hls = async (name: string) => Buffer.from(await (await fetch(`${at}/${name}`, { headers })).arrayBuffer());
    await hls('index.m3u8?width=320');
    expect(await value('porthole_rendition_viewers')).toBe(4);
    const [from, first] = [await value('porthole_rendition_frames_total'), page.kept.at(-1)?.sequence ?? 0];
    await expect.poll(() => (page.kept.at(-1)?.sequence ?? 0) - first, { timeout: 20_000 }).toBeGreaterThan(60);
    const frames = (await value('porthole_rendition_frames_total')) - from;
    // Frames captured between the two answers add a little at most.
    expect(frames).toBeLessThan((page.kept.at(-1)?.sequence ?? 0) - first + 15);
    for (const width of ['source', 480, 640, 960])
      expect(await value('porthole_rendition_viewers', `h264-${width}`)).toBe(0);

    // Two encoders that start at different times never produce the same bytes.
    const names = (await hls('index.m3u8?width=320')).toString().split('\n');
    const segments = await Promise.all(names.filter((name) => /^[^#]/.test(name)).map(hls));
    const pictures = nalUnits(rtc.annexB).filter(({ type }) => type === nalType.slice || type === nalType.idr);
    const middle = pictures.slice(30, 50);
    expect(middle).toHaveLength(20);
    const [overSocket, overHttp] = [
      Buffer.concat(page.kept.map(({ content }) => content)),
      await mp4.fragments(mp4.count),
    ];
    for (const { bytes } of middle) {
      expect(bytes.length).toBeGreaterThan(20);
      expect([overSocket, overHttp].map((all) => all.includes(bytes))).toEqual([true, true]);
    }
    const inHls = Buffer.concat(segments);
    expect(pictures.filter(({ bytes }) => inHls.includes(bytes)).length).toBeGreaterThan(25);

    mp4.close();
    page[Symbol.dispose]();
    await rtc.end();
    // An HLS player has no connection: it leaves by making no request for a while.
    await expect.poll(() => value('porthole_rendition_viewers'), { timeout: 40_000, interval: 200 }).toBe(0);
    const [last, shown] = [await value('porthole_rendition_frames_total'), other.pictures];
    await expect.poll(() => other.pictures, { timeout: 20_000 }).toBeGreaterThan(shown + 20);
    expect(await value('porthole_rendition_frames_total')).toBe(last);
  });

  describe('gives a new viewer a keyframe before five more frames were captured, which is 300 ms', () => {
    /** A viewer that has watched the same encode all the time, to find each keyframe's position in it. */
    let observer: LivePage;
    beforeAll(async () => {
      observer = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
      observer.keep();
      observer.watch('front', 1, 640, 'h264');
    });
    afterAll(() => observer[Symbol.dispose]());
    const newest = () => observer.kept.at(-1)?.sequence ?? 0;

    /** The number of the frame that this slice belongs to. */
    async function sequenceOf(slice: Buffer): Promise<number> {
      const found = () => observer.kept.find(({ kind, content }) => kind === 2 && content.includes(slice));
      await expect.poll(found, { timeout: 10_000, interval: 10 }).toBeDefined();
      return found()?.sequence ?? NaN;
    }

    /** A keyframe's slice in a stream of length-prefixed units, as in MP4. */
    function firstSlice(fragment: Buffer): Buffer {
      let at = fragment.indexOf('mdat', 0, 'latin1') + 4;
      while (((fragment[at + 4] ?? 0) & 0x1f) !== nalType.idr) {
        at += 4 + fragment.readUInt32BE(at);
        expect(at, 'the first picture is a keyframe').toBeLessThan(fragment.length);
      }
      return fragment.subarray(at + 4, at + 4 + fragment.readUInt32BE(at));
    }

    /** Each resolves to the newest frame when the viewer joined, and to the first one that it received. */
    const ways: Readonly<Record<string, () => Promise<readonly [number, number]>>> = {
      'live.mp4': async () => {
        const came = newest();
        using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4?width=640`, token);
        return [came, await sequenceOf(firstSlice(await reader.fragments(1)))];
      },
      'a page': async () => {
        using page = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
        page.keep();
        const came = newest();
        page.watch('front', 1, 640, 'h264');
        await expect.poll(() => page.kept.length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(1);
        const first = page.kept.find(({ kind }) => kind === 2);
        expect(first?.keyframe).toBe(true);
        return [came, first?.sequence ?? NaN];
      },
      WebRTC: async () => {
        const headers = { authorization: `Bearer ${token}` };
        await using viewer = await WhepViewer.open(`${server.url}/cameras/front/whep?width=640`, { headers });
        await expect.poll(() => viewer.states.includes('connected'), { timeout: 20_000, interval: 5 }).toBe(true);
        const came = newest();
        const slices = () =>
          nalUnits(viewer.annexB).filter(({ type }) => type === nalType.slice || type === nalType.idr);
        // The second one proves that the first one is complete.
        await expect.poll(() => slices().length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(1);
        const [first] = slices();
        expect(first?.type).toBe(nalType.idr);
        return [came, await sequenceOf(first?.bytes ?? Buffer.alloc(0))];
      },
    };

    it.each(Object.keys(ways))('over %s', async (way) => {
      const waits: number[] = [];
      for (let viewer = 0; viewer < 5; viewer += 1) {
        // In the middle of a GOP, where a new keyframe is needed.
        const sinceKeyframe = () => observer.kept.length - 1 - observer.kept.findLastIndex(({ keyframe }) => keyframe);
        await expect.poll(sinceKeyframe, { timeout: 20_000, interval: 5 }).toBeGreaterThan(6 + viewer);
        const [came, first] = (await ways[way]?.()) ?? [NaN, NaN];
        waits.push(Math.max(0, first - came));
      }
      waits.sort((a, b) => a - b);
      // Without keyframes on demand it would be about 20, with one every two seconds.
      expect(waits[2], `pictures: ${waits.join()}`).toBeLessThanOrEqual(4);
      expect(waits[4], `pictures: ${waits.join()}`).toBeLessThanOrEqual(12);
    });
  });

  it('starts at once for a viewer that joins while others watch', async () => {
    const path = `${server.url}/cameras/front/live.mp4?width=640`;
    using first = await Mp4Reader.open(path, token);
    await first.fragments(10);
    const waits: number[] = [];
    for (let viewer = 0; viewer < 8; viewer += 1) {
      const asked = performance.now();
      using reader = await Mp4Reader.open(path, token);
      await reader.fragments(1);
      waits.push(performance.now() - asked);
    }
    waits.sort((a, b) => a - b);
    // Without keyframes on demand it would be one second on average.
    expect(waits[4], `milliseconds: ${waits.map(Math.round).join()}`).toBeLessThan(700);
  });

  it('continues with a keyframe on the same connection when the capture process is killed', async () => {
    await using folder = await temporaryFolder();
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, token);
    await reader.fragments(10);
    const [pid = 0] = captures(server);
    process.kill(pid, 'SIGKILL');
    const path = join(folder.path, 'live.mp4');
    await writeFile(path, await reader.fragments(30));
    expect((await probe(path)).frames.length).toBeGreaterThanOrEqual(29);
    expect(captures(server)).not.toContain(pid);
  });

  it('ends within two seconds when its token is revoked', async () => {
    const own = await server.token({ name: 'to be revoked' });
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, own);
    await reader.fragments(2);
    const admin = await server.signIn();
    const tokens = await admin.json<readonly TokenInfo[]>('/api/tokens');
    const info = tokens.find(({ name }) => name === 'to be revoked');
    const revoked = performance.now();
    expect((await admin.send('DELETE', `/api/tokens/${info?.id}`)).ok).toBe(true);
    await expect.poll(() => reader.ended, { timeout: 10_000, interval: 20 }).toBe(true);
    expect(performance.now() - revoked).toBeLessThan(2_000);
  });

  it('leaves a poster for the page although nobody watched JPEG', async () => {
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4?width=640`, token);
    await reader.fragments(5);
    const poster = () => fetch(`${server.url}/cameras/front/poster.jpg?token=${token}`);
    const number = async () => {
      const response = await poster();
      return response.ok ? readBarCode(Buffer.from(await response.arrayBuffer()), size) : null;
    };
    await expect.poll(number, { timeout: 20_000, interval: 300 }).not.toBeNull();
    const before = (await number()) ?? 0;
    await expect.poll(number, { timeout: 20_000, interval: 300 }).toBeGreaterThan(before + 15);
  });
});

describe('H.264 with missing hardware', () => {
  it('is encoded by x264 instead, and the log says so once', async () => {
    const source = 'test:?width=320&height=240&fps=15';
    await using server = await startServer({ args: ['--camera', `front=${source}`, '--h264-encoder', 'videotoolbox'] });
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, await server.token());
    await reader.fragments(10);
    const said = server.log.filter(({ msg }) => msg?.startsWith('The H.264 encoder videotoolbox cannot be used'));
    // On a Mac the hardware exists.
    expect(said.length).toBe(process.platform === 'darwin' ? 0 : 1);
  });
});

describe.skipIf(lacks('python3 with GstRtspServer', 'ffmpeg', 'ffprobe'))('an H.264 camera', () => {
  it('is passed through, and decoded only while somebody wants a JPEG', async () => {
    await using rtsp = await startRtspServer();
    await using folder = await temporaryFolder();
    await using server = await startServer({ args: ['--camera', `front=${rtsp.url}`, '--grace', '1'] });
    const token = await server.token();
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, token);
    const path = join(folder.path, 'live.mp4');
    const bytes = await reader.fragments(45);
    await writeFile(path, bytes);
    const { streams, frames } = await probe(path);
    expect(streams[0]).toMatchObject({ codec_name: 'h264', width: 640, height: 360 });
    expect(frames).toHaveLength(45);
    // The camera's own keyframe interval, not ours: one in thirty frames.
    const keyframes = frames.flatMap((frame, index) => (frame.key_frame === 1 ? [index] : []));
    expect(keyframes).toEqual([0, 30]);

    // A viewer that joins in the middle of a GOP gets a JPEG at once, and MP4 from the last keyframe on.
    using jpegs = await watch(server, token, '/cameras/front/stream.mjpeg?width=320');
    expect(await jpegs.take(3)).toHaveLength(3);
    using late = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, token);
    const { samples } = samplesOf(await late.fragments(2));
    expect(samples[0]?.is_sync).toBe(true);
    const metrics = await readMetrics(server.url, token);
    expect(metrics.value('porthole_rendition_viewers', { camera: 'front', rendition: 'h264-source' })).toBe(2);
  });
});

describe.skipIf(lacks('ffmpeg', 'ffprobe'))('an H.264 file', () => {
  /** Two seconds with one keyframe each; `rest` are options for x264. */
  async function clip(folder: string, picture: string, ...rest: readonly string[]): Promise<string> {
    const path = join(folder, 'clip.mp4');
    const input = ['-f', 'lavfi', '-i', picture, '-t', '2', '-c:v', 'libx264', '-preset', 'veryfast'];
    await run(programPath('ffmpeg'), ['-v', 'error', ...input, '-pix_fmt', 'yuv420p', '-g', '25', ...rest, path]);
    return path;
  }

  it('is passed through with its parameter sets at each keyframe', async () => {
    await using folder = await temporaryFolder();
    const path = await clip(folder.path, 'testsrc2=size=320x240:rate=25', '-bf', '0', '-profile:v', 'main');
    await using server = await startServer({ args: ['--camera', `front=file:${path}`] });
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, await server.token());
    await writeFile(join(folder.path, 'live.mp4'), await reader.fragments(60));
    const { streams, frames } = await probe(join(folder.path, 'live.mp4'));
    expect(streams[0]).toMatchObject({ profile: 'Main', width: 320, height: 240 });
    expect(frames.flatMap((frame, index) => (frame.key_frame === 1 ? [index] : [])).slice(0, 3)).toEqual([0, 25, 50]);
  });

  it('whose keyframes say how it is turned is upright in all frames, as H.264 and as JPEG', async () => {
    await using folder = await temporaryFolder();
    const turn = 'h264_metadata=display_orientation=insert:rotate=90';
    const path = await clip(folder.path, 'testsrc2=size=320x240:rate=25', '-bf', '0', '-bsf:v', turn, '-f', 'h264');
    await using server = await startServer({ args: ['--camera', `front=file:${path}`] });
    const token = await server.token();
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, token);
    await writeFile(join(folder.path, 'live.mp4'), await reader.fragments(10));
    expect((await probe(join(folder.path, 'live.mp4'))).streams[0]).toMatchObject({ width: 240, height: 320 });
    using viewer = await watch(server, token);
    for (const { bytes } of await viewer.take(10)) {
      expect(await sharp(bytes).metadata()).toMatchObject({ width: 240, height: 320 });
    }
  });

  it('with reordered frames is encoded again', async () => {
    await using folder = await temporaryFolder();
    const path = await clip(folder.path, 'testsrc2=size=320x240:rate=25', '-bf', '2', '-profile:v', 'high');
    await using server = await startServer({ args: ['--camera', `front=file:${path}`] });
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, await server.token());
    await writeFile(join(folder.path, 'live.mp4'), await reader.fragments(30));
    const { streams } = await probe(join(folder.path, 'live.mp4'));
    expect(streams[0]).toMatchObject({ profile: 'Constrained Baseline', has_b_frames: 0 });
  });

  it('skips to a keyframe for a page whose socket is full, while another page goes on', async () => {
    await using folder = await temporaryFolder();
    const noise = 'testsrc2=size=960x540:rate=25,noise=alls=80:allf=t';
    // No early keyframe, which noise would cause.
    const path = await clip(folder.path, noise, '-bf', '0', '-crf', '18', '-sc_threshold', '0');
    await using server = await startServer({ args: ['--camera', `front=file:${path}`] });
    const token = await server.token();
    const headers = { authorization: `Bearer ${token}` };
    using quick = await LivePage.open(server.url, headers);
    quick.keep();
    quick.watch('front', 1, 'source', 'h264');
    const slow = new WebSocket(`${server.url.replace('http', 'ws')}/live`, { headers });
    // The number of each fragment, and whether it is a keyframe.
    const got: { readonly sequence: number; readonly keyframe: boolean }[] = [];
    slow.on('message', (data: Buffer, isBinary) => {
      if (!isBinary || data[1] !== 2) return;
      got.push({ sequence: data.readUInt32LE(8), keyframe: (data.readUInt16LE(2) & 1) === 1 });
    });
    slow.on('open', () =>
      slow.send(JSON.stringify({ type: 'watch', view: 1, camera: 'front', width: 'source', codec: 'h264' })),
    );
    try {
      const patience = { timeout: 40_000, interval: 50 };
      await expect.poll(() => Math.min(got.length, quick.pictures), patience).toBeGreaterThan(5);
      slow.pause();
      const [paused, shown, since] = [got.length, quick.pictures, quick.kept.at(-1)?.sequence ?? 0];
      await expect.poll(() => quick.pictures, patience).toBeGreaterThan(shown + 150);
      expect(got.length).toBe(paused);
      slow.resume();
      const gaps = () => got.filter(({ sequence }, at) => at > 0 && sequence !== (got[at - 1]?.sequence ?? 0) + 1);
      // The contents of the kernel's buffers come first.
      await expect.poll(() => gaps().length, patience).toBeGreaterThan(0);
      for (const { keyframe } of gaps()) expect(keyframe, 'what comes behind a gap').toBe(true);
      await expect.poll(() => got.length, patience).toBeGreaterThan(100);
      expect(got.filter(({ keyframe }) => keyframe).length, 'keyframes among all').toBeLessThan(got.length / 10);
      // From there on it is as current as the other one.
      await expect
        .poll(() => (quick.kept.at(-1)?.sequence ?? 0) - (got.at(-1)?.sequence ?? 0), patience)
        .toBeLessThan(5);
      const all = quick.kept.filter(({ sequence }) => sequence > since);
      // It gets every frame but those that the server says it left out, because the machine was overloaded.
      const behindGaps = all.filter(({ sequence }, at) => at > 0 && sequence !== (all[at - 1]?.sequence ?? 0) + 1);
      for (const { keyframe } of behindGaps) expect(keyframe, 'what comes behind a gap').toBe(true);
      const due = (all.at(-1)?.sequence ?? 0) - since;
      await expect.poll(() => leftOut(server, token)).toBeGreaterThanOrEqual(due - all.length);
    } finally {
      slow.terminate();
    }
  });

  it('skips to a keyframe for a viewer whose socket is full, while another viewer goes on', async () => {
    await using folder = await temporaryFolder();
    const path = await clip(
      folder.path,
      'testsrc2=size=960x540:rate=25,noise=alls=80:allf=t',
      '-bf',
      '0',
      '-crf',
      '18',
    );
    await using server = await startServer({ args: ['--camera', `front=file:${path}`] });
    const token = await server.token();
    using quick = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, token);
    using slow = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, token);
    await Promise.all([quick.fragments(5), slow.fragments(5)]);
    slow.pause();
    await quick.fragments(quick.count + 150);
    slow.resume();
    let samples: ReturnType<typeof samplesOf>['samples'] = [];
    const gapsOf = (some: typeof samples) =>
      some.flatMap((sample, index) => {
        const before = some[index - 1];
        return before !== undefined && sample.start > before.start + before.duration ? [index] : [];
      });
    const gaps = () => gapsOf(samples);
    // The contents of the kernel's buffers come first.
    for (let more = 0; more < 10 && gaps().length === 0; more += 1) {
      samples = samplesOf(await slow.fragments(slow.count + 25)).samples;
    }
    expect(gaps().length, 'times it was left out').toBeGreaterThan(0);
    for (const index of gaps()) expect(samples[index]?.is_sync, 'what comes behind a gap').toBe(true);
    const all = samplesOf(await quick.fragments(quick.count + 1)).samples;
    // It gets every frame but those that the server says it left out, because the machine was overloaded.
    const left = await leftOut(server, token);
    expect(gapsOf(all).length, 'times it was left out').toBeLessThanOrEqual(left);
    for (const index of gapsOf(all)) expect(all[index]?.is_sync, 'what comes behind a gap').toBe(true);
    slow.close();
    const ended = () => server.log.find((line) => line.msg === 'stream ended' && Number(line.dropped) > 0);
    await expect.poll(ended, { timeout: 10_000 }).toBeDefined();
  });
});

/** How many frames of the camera `front` the server has left out for all viewers, because it had no time for them. */
async function leftOut(server: TestServer, token: string): Promise<number> {
  const metrics = await readMetrics(server.url, token);
  const of = (reason: string) => metrics.value('porthole_camera_dropped_frames_total', { camera: 'front', reason });
  // Frames that wait in the pipe of the capture are counted once a second.
  return of('pipe') + of('overload');
}

// Audio from a source to programs and pages, read by independent parsers.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import { buildFakeCamera } from '../support/fakecam.ts';
import { buildFakeMicrophone } from '../support/fakemic.ts';
import { flashesAndBeeps, writeFlashAndBeep } from '../support/flash-and-beep.ts';
import { LivePage, type LivePicture } from '../support/live-page.ts';
import { readMetrics } from '../support/metrics.ts';
import { Mp4Reader } from '../support/mp4-reader.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startRtspServer } from '../support/rtsp-server.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

async function probe(path: string): Promise<{ streams: readonly Record<string, unknown>[]; complaints: string }> {
  const { stdout, stderr } = await run(programPath('ffprobe'), [
    ...['-v', 'warning', '-show_streams', '-count_packets', '-of', 'json', path],
  ]);
  return { ...(JSON.parse(stdout) as { streams: readonly Record<string, unknown>[] }), complaints: stderr };
}

/** The peak level of a file, in decibels relative to full scale. */
async function peak(path: string): Promise<number> {
  const { stderr } = await run(programPath('ffmpeg'), ['-i', path, '-vn', '-af', 'volumedetect', '-f', 'null', '-']);
  return Number(/max_volume: (-?[\d.]+) dB/.exec(stderr)?.[1]);
}

async function stateOf(server: TestServer, token: string): Promise<CameraInfo['state']> {
  const response = await fetch(`${server.url}/api/cameras/front`, { headers: { authorization: `Bearer ${token}` } });
  return ((await response.json()) as CameraInfo).state;
}

describe.skipIf(lacks('ffmpeg', 'ffprobe'))('a file with audio', () => {
  let server: TestServer;
  let token: string;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const clip = join(folder.path, 'clip.mp4');
    await writeFlashAndBeep(clip, 8);
    server = await startServer({ args: ['--camera', `front=file:${clip}`, '--grace', '1'] });
    token = await server.token();
  });
  afterAll(async () => {
    await server.stop();
    await folder[Symbol.asyncDispose]();
  });

  const open = (query: string) => Mp4Reader.open(`${server.url}/cameras/front/live.mp4${query}`, token);
  const figure = async (name: 'viewers' | 'frames_total', rendition: string): Promise<number> =>
    (await readMetrics(server.url, token)).value(`porthole_rendition_${name}`, { camera: 'front', rendition });

  it('is in live.mp4 when requested, in sync with the video as in the file', async () => {
    using reader = await open('?audio=1');
    const path = join(folder.path, 'both.mp4');
    // About ten seconds: one fragment per frame, and 47 audio fragments per second.
    await writeFile(path, await reader.fragments(720));
    const { streams, complaints } = await probe(path);
    expect(complaints).toBe('');
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
    expect(streams[1]).toMatchObject({ profile: 'LC', sample_rate: '48000', channels: 2 });
    const [original, live] = await Promise.all([flashesAndBeeps(join(folder.path, 'clip.mp4')), flashesAndBeeps(path)]);
    // The distance of each flash from its beep, and the same distance in the source file.
    const apart = ({ flashes, beeps }: typeof live): readonly number[] =>
      flashes.map((flash) =>
        beeps.map((beep) => beep - flash).reduce((a, b) => (Math.abs(a) < Math.abs(b) ? a : b), 9),
      );
    const before = apart(original)[0] ?? 0;
    expect(live.flashes.length).toBeGreaterThan(5);
    for (const offset of apart(live).slice(1, -1)) {
      expect(Math.abs(offset - before), `seconds from flash to beep: ${apart(live).join()}`).toBeLessThan(0.1);
    }
    expect(await stateOf(server, token)).toMatchObject({ kind: 'live', audio: true });
  });

  it('is not in live.mp4 otherwise, and then nobody listens', async () => {
    using reader = await open('');
    const path = join(folder.path, 'silent.mp4');
    await writeFile(path, await reader.fragments(20));
    expect((await probe(path)).streams.map(({ codec_name }) => codec_name)).toEqual(['h264']);
    expect(await figure('viewers', 'aac')).toBe(0);
  });

  it('is encoded once for all listeners, and not at all when the last one has left', async () => {
    const readers = await Promise.all([1, 2, 3].map(() => open('?audio=1')));
    const before = await figure('frames_total', 'aac');
    const began = performance.now();
    await Promise.all(readers.map((reader) => reader.fragments(220)));
    expect(await figure('viewers', 'aac')).toBe(3);
    const made = (await figure('frames_total', 'aac')) - before;
    const seconds = (performance.now() - began) / 1_000;
    expect(made).toBeGreaterThan(80);
    expect(made, `pieces in ${seconds} s, of 47 a second`).toBeLessThan(seconds * 47 + 60);
    // The video continues, and only the audio ends.
    using silent = await open('');
    for (const reader of readers) reader.close();
    await expect.poll(() => figure('viewers', 'aac'), { timeout: 10_000 }).toBe(0);
    const ended = await figure('frames_total', 'aac');
    await silent.fragments(silent.count + 40);
    expect(await figure('frames_total', 'aac')).toBe(ended);
  });

  it('is in HLS when requested', async () => {
    const path = join(folder.path, 'hls.mp4');
    const address = `${server.url}/cameras/front/index.m3u8?audio=1&token=${token}`;
    await run(programPath('ffmpeg'), ['-v', 'error', '-nostdin', '-i', address, '-t', '6', '-c', 'copy', path]);
    const { streams } = await probe(path);
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
    expect(Number(streams[1]?.nb_read_packets)).toBeGreaterThan(5 * 47);
    expect(await peak(path)).toBeGreaterThan(-20);
  });

  it.each([
    ['aac', 'aac', 1_024 / 48],
    ['opus', 'opus', 20],
  ] as const)('comes to a page as %s in a view of its own, each piece with its time', async (codec, name, duration) => {
    using page = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
    page.keep();
    page.watch('front', 1, 320);
    page.watch('front', 2, 'source', codec);
    const audio = (): readonly LivePicture[] => page.kept.filter(({ kind }) => kind >= 4);
    await expect.poll(() => audio().length, { timeout: 20_000 }).toBeGreaterThan(150);
    const view = page.messages.find((each) => each.type === 'view' && each.view === 2);
    expect(view).toMatchObject({ codec });
    const [init, ...pieces] = audio();
    expect([init?.kind, ...new Set(pieces.map(({ kind }) => kind))]).toEqual([5, 4]);
    expect(new Set(audio().map(({ stream }) => stream))).toEqual(new Set([view?.stream]));
    for (const [index, piece] of pieces.slice(1).entries()) {
      // One or two milliseconds, where the file restarts or audio is stretched to follow its timestamps.
      expect(piece.capturedAt - (pieces[index]?.capturedAt ?? 0)).toBeCloseTo(duration, -1);
    }
    expect(Math.abs(Date.now() - (pieces.at(-1)?.capturedAt ?? 0))).toBeLessThan(30_000);
    const path = join(folder.path, `${codec}.mp4`);
    await writeFile(path, Buffer.concat(audio().map(({ content }) => content)));
    const { streams, complaints } = await probe(path);
    expect(complaints).toBe('');
    expect(streams.map(({ codec_name }) => codec_name)).toEqual([name]);
    expect(await peak(path), 'the beeps are in it').toBeGreaterThan(-20);
  });

  it('accepts no values but 0 and 1', async () => {
    await expect(open('?audio=loud')).rejects.toThrow(/400 .*audio is 1 \(with audio\)/);
  });
});

describe.skipIf(lacks('ffmpeg', 'ffprobe'))('audio that begins a second after the video', () => {
  it('is heard by the viewer that opens the camera, over live.mp4 and HLS', async () => {
    await using folder = await temporaryFolder();
    const clip = join(folder.path, 'clip.mp4');
    await writeFlashAndBeep(join(folder.path, 'even.mp4'), 8);
    const inputs = ['-i', join(folder.path, 'even.mp4'), '-itsoffset', '1.2', '-i', join(folder.path, 'even.mp4')];
    await run(programPath('ffmpeg'), ['-v', 'error', ...inputs, '-map', '0:v', '-map', '1:a', '-c', 'copy', clip]);
    await using server = await startServer({
      args: ['first', 'second'].flatMap((name) => ['--camera', `${name}=file:${clip}`]),
    });
    const token = await server.token();

    using reader = await Mp4Reader.open(`${server.url}/cameras/first/live.mp4?audio=1`, token);
    const path = join(folder.path, 'both.mp4');
    await writeFile(path, await reader.fragments(150));
    const { streams, complaints } = await probe(path);
    expect(complaints).toBe('');
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);

    const response = await fetch(`${server.url}/cameras/second/index.m3u8?audio=1&token=${token}`);
    expect(await response.text()).toContain('-sound/');
  });
});

describe.skipIf(lacks('python3 with GstRtspServer', 'ffmpeg', 'ffprobe'))('an RTSP camera with audio', () => {
  it.each(['alaw', 'aac', 'opus'] as const)('in %s is audible', async (audio) => {
    await using rtsp = await startRtspServer({ audio });
    await using folder = await temporaryFolder();
    await using server = await startServer({ args: ['--camera', `front=${rtsp.url}`, '--grace', '1'] });
    const token = await server.token();
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4?audio=1`, token);
    const path = join(folder.path, 'both.mp4');
    await writeFile(path, await reader.fragments(300));
    const { streams, complaints } = await probe(path);
    expect(complaints).toBe('');
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
    expect(Number(streams[1]?.nb_read_packets)).toBeGreaterThan(150);
    expect(await peak(path), 'its ticks').toBeGreaterThan(-30);
    expect(await stateOf(server, token)).toMatchObject({ audio: true });
  });

  it('without audio says so, and shows video with audio=1', async () => {
    await using rtsp = await startRtspServer();
    await using folder = await temporaryFolder();
    await using server = await startServer({ args: ['--camera', `front=${rtsp.url}`, '--grace', '1'] });
    const token = await server.token();
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4?audio=1`, token);
    const path = join(folder.path, 'silent.mp4');
    await writeFile(path, await reader.fragments(20));
    expect((await probe(path)).streams.map(({ codec_name }) => codec_name)).toEqual(['h264']);
    expect(await stateOf(server, token)).not.toHaveProperty('audio');
  });
});

describe.skipIf(lacks('cc', 'ffmpeg', 'ffprobe'))('a webcam with a microphone', () => {
  it('opens it while somebody listens, is audible, and closes it afterwards', async () => {
    await using folder = await temporaryFolder();
    const camera = await buildFakeCamera(folder.path);
    const microphone = await buildFakeMicrophone(folder.path);
    await using server = await startServer({
      args: ['--camera', `front=${camera.device}?microphone=${microphone.name}`, '--grace', '1'],
      env: microphone.environment(camera.environment({})),
    });
    const token = await server.token();
    using silent = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, token);
    await silent.fragments(15);
    expect(await microphone.events()).toEqual([]);
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4?audio=1`, token);
    const path = join(folder.path, 'both.mp4');
    await writeFile(path, await reader.fragments(400));
    expect(await microphone.events()).toContain('open');
    const { streams, complaints } = await probe(path);
    expect(complaints).toBe('');
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
    expect(Number(streams[1]?.nb_read_packets)).toBeGreaterThan(150);
    expect(Math.abs(Number(streams[0]?.duration) - Number(streams[1]?.duration)), 'seconds').toBeLessThan(1);
    expect(await peak(path)).toBeGreaterThan(-12);
    reader.close();
    await expect.poll(async () => (await microphone.events()).at(-1), { timeout: 10_000 }).toBe('close');
    await silent.fragments(silent.count + 20);
    expect((await microphone.events()).at(-1)).toBe('close');
  });

  it('that is missing leaves the video without audio, and logs why only when somebody listens', async () => {
    await using folder = await temporaryFolder();
    const camera = await buildFakeCamera(folder.path);
    await using server = await startServer({
      args: ['--camera', `front=${camera.device}?microphone=hw:29,0`, '--grace', '1'],
      env: camera.environment({}),
    });
    const token = await server.token();
    const complaints = () => server.log.filter(({ msg }) => msg?.startsWith('The microphone hw:29,0 cannot be opened'));
    using silent = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4`, token);
    await silent.fragments(15);
    expect(await stateOf(server, token), 'a page may offer its sound').toMatchObject({ audio: true });
    expect(complaints()).toEqual([]);
    using reader = await Mp4Reader.open(`${server.url}/cameras/front/live.mp4?audio=1`, token);
    await reader.fragments(30);
    await expect.poll(() => complaints().length, { timeout: 10_000 }).toBe(1);
  });
});

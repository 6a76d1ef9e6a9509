// live555's server as a camera, and its client as a viewer.
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import { type MediaServer, startMediaServer } from '../support/live555.ts';
import { comparePictures } from '../support/pictures.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { photoProblem, watch } from '../support/watching.ts';

/** Files and how they are read. Each has one viewer: live555 forgets a Matroska file's tracks when it is opened again. */
const cases = [
  ['clip.264', '', 'h264'],
  ['second.264', '#udp', 'h264'],
  ['clip.265', '', 'hevc'],
  ['clip.mkv', '', 'h264'],
  ['second.mkv', '#udp', 'h264'],
  ['clip.ts', '', 'h264'],
] as const;
const idOf = (file: string, fragment: string): string => `${file}${fragment}`.replace(/[.#]/g, '-');

/** Runs a program until it exits; throws its output if it fails. */
async function run(name: string, args: readonly string[], folder?: string): Promise<string> {
  const options = { timeout: 40_000, maxBuffer: 64 * 1024 * 1024, ...(folder === undefined ? {} : { cwd: folder }) };
  const ended = await promisify(execFile)(programPath(name), args, options);
  return ended.stdout + ended.stderr;
}

describe.skipIf(lacks('live555MediaServer', 'openRTSP', 'ffmpeg'))('live555', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let media: MediaServer;
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    // Below 16 frames per second, a frame's fragments are further apart than its packets are waited for otherwise.
    const sources = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=8', '-f', 'lavfi', '-i', 'sine=frequency=440'];
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '16', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
    const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=16:bframes=0'];
    const make = (file: string, args: readonly string[]): Promise<string> =>
      run('ffmpeg', ['-loglevel', 'error', ...args, join(folder.path, file)]);
    await make('clip.mkv', [...sources, '-t', '20', ...x264]);
    const copy = ['-i', join(folder.path, 'clip.mkv'), '-c', 'copy'];
    await Promise.all([
      make('clip.264', [...copy, '-an', '-bsf:v', 'h264_mp4toannexb']),
      make('second.264', [...copy, '-an', '-bsf:v', 'h264_mp4toannexb']),
      make('second.mkv', copy),
      make('clip.ts', copy),
      make('clip.265', [...sources.slice(0, 4), '-t', '20', ...x265, '-pix_fmt', 'yuv420p']),
    ]);
    media = await startMediaServer(folder.path);
    const cameras = [
      'front=test:?width=640&height=480&fps=15',
      `clip=file:${join(folder.path, 'clip.mkv')}`,
      `missing=${media.url}/missing.mkv`,
      ...cases.map(([file, fragment]) => `${idOf(file, fragment)}=${media.url}/${file}${fragment}`),
    ];
    server = await startServer({ args: [...cameras.flatMap((each) => ['--camera', each]), '--rtsp-port', '0'] });
    token = await server.token();
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    await media.stop();
    await folder[Symbol.asyncDispose]();
  });

  describe('as a camera', () => {
    it.concurrent.for(cases)('is shown whole: %s%s', async ([file, fragment, format], { expect }) => {
      const id = idOf(file, fragment);
      using viewer = await watch(server, token, `/cameras/${id}/stream.mjpeg`);
      const parts = await viewer.take(8);
      const [first, last] = [parts[0], parts.at(-1)].map((part) => part?.bytes ?? Buffer.alloc(0)) as [Buffer, Buffer];
      expect(await sharp(first).metadata()).toMatchObject({ width: 320, height: 240 });
      expect((await comparePictures(first, last)).changed).toBeGreaterThan(0);
      const state = async (): Promise<CameraInfo['state']> => {
        const headers = { authorization: `Bearer ${token}` };
        return ((await (await fetch(`${server.url}/api/cameras/${id}`, { headers })).json()) as CameraInfo).state;
      };
      // The audio may come after the first frames.
      const expected = { kind: 'live', format, ...(/mkv|ts/.test(file) ? { audio: true } : {}) };
      await expect.poll(state, { timeout: 10_000 }).toMatchObject(expected);
      const metrics = await server.metrics();
      expect(metrics.value('porthole_camera_dropped_frames_total', { camera: id, reason: 'corrupt' })).toBe(0);
      const isOfFFmpeg = server.log.some(({ camera, msg }) => camera === id && msg?.startsWith('FFmpeg reads'));
      expect(isOfFFmpeg).toBe(file.endsWith('.ts'));
    });

    it('has an error that says that it lacks a file', async () => {
      expect(await photoProblem(server, token, 'missing')).toMatchObject({ status: 503, code: 'source_not_found' });
    });
  });

  describe('as a viewer', () => {
    const url = (path: string): string => {
      const port = Number(server.log.find(({ msg }) => msg === 'listening for RTSP')?.port);
      return `rtsp://127.0.0.1:${port}/${path}`;
    };

    it.concurrent.for([
      ['TCP', 'front', '640x480'],
      ['UDP', 'front?width=320', '320x240'],
      ['TCP', 'clip', '320x240'],
      ['UDP', 'clip?audio=opus', '320x240'],
      ['TCP', 'front?codec=mjpeg', '640x480'],
      ['UDP', 'front?codec=mjpeg', '640x480'],
    ] as const)('records over %s: %s', async ([transport, path, size], { expect }) => {
      const into = join(folder.path, `${transport}-${path.replace(/\W/g, '-')}`);
      await mkdir(into);
      const how = transport === 'TCP' ? ['-t'] : [];
      await run('openRTSP', [...how, '-d', '2', '-V', '-u', 'admin', token, url(path)], into);
      const files = await readdir(into);
      const video = join(into, files.find((each) => each.startsWith('video-')) ?? '');
      const format = path.includes('mjpeg') ? 'mjpeg' : 'h264';
      const decoded = ['-loglevel', 'error', '-f', format, '-i', video, '-frames:v', '10', '-f', 'framemd5', '-'];
      const printed = await run('ffmpeg', decoded);
      expect(printed).toContain(`#dimensions 0: ${size}`);
      const sums = (printed.match(/^0, .*/gm) ?? []).map((line) => line.split(',').at(-1)?.trim());
      expect(new Set(sums).size, printed).toBeGreaterThan(5);
      const audio = files.filter((each) => each.startsWith('audio-'));
      const codec = path.includes('opus') ? 'OPUS' : 'MPEG4-GENERIC';
      expect(audio).toEqual(path.startsWith('clip') ? [`audio-${codec}-2`] : []);
      for (const each of audio) expect((await readFile(join(into, each))).length).toBeGreaterThan(1_000);
    });

    it('is told why it gets nothing', async () => {
      await expect(run('openRTSP', ['-t', '-u', 'admin', 'wrong', url('front')])).rejects.toThrow('401 Unauthorized');
      await expect(run('openRTSP', ['-t', '-u', 'admin', token, url('nowhere')])).rejects.toThrow(
        '404 This server has no camera with this name.',
      );
    });
  });
});

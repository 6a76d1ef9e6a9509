// go2rtc, which takes video from Porthole and gives it some.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import { documented, filledIn } from '../support/documentation.ts';
import { Go2rtc } from '../support/go2rtc.ts';
import { comparePictures } from '../support/pictures.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { MultipartReader } from '../support/multipart-reader.ts';
import { capturedAt, photoProblem, watch } from '../support/watching.ts';

/** How long a program may run, in milliseconds. */
const limit = 40_000;

/** Runs a program until it exits; throws its output if it fails. */
async function run(name: string, args: readonly string[]): Promise<string> {
  const ended = await promisify(execFile)(programPath(name), args, { timeout: limit, maxBuffer: 64 * 1024 * 1024 });
  return ended.stdout + ended.stderr;
}

describe.skipIf(lacks('go2rtc', 'ffmpeg'))('go2rtc', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let go2rtc: Go2rtc;
  let server: TestServer;
  let token: string;
  /** Cameras of Porthole that come from go2rtc, with what FFmpeg must not read for us. */
  let sources: Readonly<Record<string, string>>;

  const serve = (more: readonly string[] = []): Promise<TestServer> => {
    const cameras = { front: 'test:?width=640&height=480&fps=15', clip: `file:${join(folder.path, 'clip.mp4')}` };
    const args = Object.entries({ ...cameras, ...sources }).flatMap(([id, source]) => ['--camera', `${id}=${source}`]);
    return startServer({
      args: [...args, '--allow-addresses', '127.0.0.1', '--grace', '1', '--rtsp-port', '0', ...more],
      data: join(folder.path, 'data'),
    });
  };
  const rtspPort = (): number => Number(server.log.find(({ msg }) => msg === 'listening for RTSP')?.port);

  beforeAll(async () => {
    folder = await temporaryFolder();
    go2rtc = await Go2rtc.choosePorts(folder.path);
    const { api, rtsp } = go2rtc;
    sources = {
      'by-rtsp': `${rtsp}/clip`,
      'by-udp': `${rtsp}/clip#udp`,
      'by-rtsp-mjpeg': `${rtsp}/front_mjpeg`,
      'by-mjpeg': `${api}/stream.mjpeg?src=front_mjpeg`,
      'by-jpeg': `${api}/frame.jpeg?src=front_mjpeg`,
      'by-mp4': `${api}/stream.mp4?src=clip`,
      'by-ts': `${api}/stream.ts?src=clip`,
      'no-video': `${api}/stream.aac?src=clip`,
      nowhere: `${rtsp}/nowhere`,
    };
    // Keyframes are far apart, so that who joins in between waits for one.
    await run('ffmpeg', [
      ...['-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=15'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '12', '-c:v', 'libx264', '-preset', 'ultrafast'],
      ...['-g', '45', '-sc_threshold', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac', join(folder.path, 'clip.mp4')],
    ]);
    server = await serve();
    token = await server.token();
    const fromPorthole = filledIn(documented('other-programs.md', 'go2rtc', 'yaml'), {
      'rtsp://HOST:8554': `rtsp://127.0.0.1:${rtspPort()}`,
      'http://HOST': server.url,
      'front-door': 'front',
      TOKEN: token,
    });
    const more = {
      clip: `rtsp://127.0.0.1:${rtspPort()}/clip?token=${token}`,
      clip_mp4: `ffmpeg:${server.url}/cameras/clip/live.mp4?token=${token}&audio=1#video=copy#audio=copy`,
      clip_webrtc: `webrtc:${server.url}/cameras/clip/whep?token=${token}`,
      refused: `rtsp://admin:wrong@127.0.0.1:${rtspPort()}/front`,
      refused_mjpeg: `${server.url}/cameras/front/stream.mjpeg?token=wrong`,
    };
    await go2rtc.start(
      fromPorthole +
        Object.entries(more)
          .map(([name, source]) => `  ${name}: ${source}\n`)
          .join(''),
    );
  }, 120_000);
  afterAll(async () => {
    await go2rtc.stop();
    await server.stop();
    await folder[Symbol.asyncDispose]();
  });

  /** What FFmpeg finds in a stream of go2rtc: its size, its audio's rate, and how many of ten frames differ. */
  async function decoded(path: string): Promise<object> {
    const input = ['-loglevel', 'error', '-nostdin', '-i', `${go2rtc.api}/${path}`];
    const printed = await run('ffmpeg', [...input, '-frames:v', '10', '-t', '1', '-f', 'framemd5', '-']);
    const sums = (printed.match(/^0, .*/gm) ?? []).map((line) => line.split(',').at(-1)?.trim());
    return {
      size: /#dimensions 0: (\d+x\d+)/.exec(printed)?.[1],
      audio: Number(/#sample_rate 1: (\d+)/.exec(printed)?.[1] ?? 0),
      moves: new Set(sums).size > 5,
    };
  }

  describe('takes from Porthole, as documented', () => {
    it.concurrent.for([
      ['front', 'stream.mp4?src=front', '640x480', 0],
      ['front_webrtc', 'stream.mp4?src=front_webrtc', '640x480', 0],
      ['front_mp4', 'stream.mp4?src=front_mp4', '640x480', 0],
      ['front_mjpeg', 'stream.mjpeg?src=front_mjpeg', '640x480', 0],
      ['clip, with AAC', 'stream.mp4?src=clip', '320x240', 48_000],
      ['clip_mp4, with AAC', 'stream.mp4?src=clip_mp4', '320x240', 48_000],
      ['clip_webrtc, with Opus', 'stream.mp4?src=clip_webrtc&mp4=all', '320x240', 48_000],
    ] as const)('%s', async ([_, path, size, audio], { expect }) => {
      expect(await decoded(path)).toEqual({ size, audio, moves: true });
    });

    it('front_jpeg', async () => {
      const frame = async (): Promise<Buffer> => {
        const response = await fetch(`${go2rtc.api}/frame.jpeg?src=front_jpeg`);
        return Buffer.from(await response.arrayBuffer());
      };
      const first = await frame();
      expect(await sharp(first).metadata()).toMatchObject({ width: 640, height: 480 });
      await expect.poll(async () => (await comparePictures(first, await frame())).changed).toBeGreaterThan(0);
    });

    it.each([
      ['refused', 'wrong user/pass'],
      ['refused_mjpeg', '401 Unauthorized'],
    ])('%s, whose error says why', async (stream, reason) => {
      const response = await fetch(`${go2rtc.api}/stream.mp4?src=${stream}`);
      expect(response.status).toBe(500);
      expect(await response.text()).toContain(reason);
    });
  });

  const stateOf = async (camera: string): Promise<CameraInfo['state']> => {
    const headers = { authorization: `Bearer ${token}` };
    const info = (await (await fetch(`${server.url}/api/cameras/${camera}`, { headers })).json()) as CameraInfo;
    return info.state;
  };

  describe('gives to Porthole', () => {
    // Somebody else watches already, so that Porthole joins between two keyframes.
    const others = new AbortController();
    beforeAll(async () => {
      for (const stream of ['clip', 'front_mjpeg']) {
        const path = stream === 'clip' ? 'stream.mp4' : 'stream.mjpeg';
        await (await fetch(`${go2rtc.api}/${path}?src=${stream}`, others)).body?.getReader().read();
      }
    });
    afterAll(() => others.abort());

    it.concurrent.for([
      ['by-rtsp', 320, { format: 'h264', audio: true }, false],
      ['by-udp', 320, { format: 'h264', audio: true }, false],
      ['by-rtsp-mjpeg', 640, { format: 'mjpeg' }, false],
      ['by-mjpeg', 640, { format: 'mjpeg' }, false],
      ['by-jpeg', 640, { format: 'mjpeg' }, false],
      ['by-mp4', 320, { format: 'h264', audio: true }, true],
      ['by-ts', 320, { format: 'h264', audio: true }, true],
    ] as const)('frames, %s', async ([camera, width, state, needsFFmpeg], { expect }) => {
      using viewer = await watch(server, token, `/cameras/${camera}/stream.mjpeg`);
      const parts = await viewer.take(6);
      const [first, last] = [parts[0], parts.at(-1)].map((part) => part?.bytes ?? Buffer.alloc(0)) as [Buffer, Buffer];
      expect(await sharp(first).metadata()).toMatchObject({ width, height: (width * 3) / 4 });
      expect((await comparePictures(first, last)).changed).toBeGreaterThan(0);
      await expect.poll(() => stateOf(camera)).toMatchObject({ kind: 'live', ...state });
      expect(await stateOf(camera)).not.toHaveProperty('claimedFps');
      const lines = server.log.filter((line) => line.camera === camera).map(({ msg }) => msg);
      expect(lines.some((msg) => msg?.startsWith('FFmpeg reads this camera'))).toBe(needsFFmpeg);
      expect(lines.filter((msg) => msg?.startsWith('camera failed'))).toEqual([]);
    });

    it.concurrent.for([
      ['no-video', 'source_not_video'],
      ['nowhere', 'source_not_found'],
    ] as const)('nothing, and an error that says why, from %s', async ([camera, code], { expect }) => {
      expect(await photoProblem(server, token, camera)).toMatchObject({ status: 503, code });
    });
  });

  describe('restarts', () => {
    /** Waits until a viewer gets a frame that was captured after `since`, while the camera is live. */
    async function untilLiveAgain(viewer: MultipartReader, camera: string, since: number): Promise<void> {
      for await (const part of viewer) {
        if (capturedAt(part) > since && (await stateOf(camera)).kind === 'live') return;
      }
      throw new Error('the stream has ended');
    }

    it('itself, and Porthole is live again', async () => {
      const cameras = ['by-rtsp', 'by-mjpeg', 'by-ts'];
      const viewers = await Promise.all(cameras.map((id) => watch(server, token, `/cameras/${id}/stream.mjpeg`)));
      await Promise.all(viewers.map((viewer) => viewer.take(2)));
      await go2rtc.stop();
      for (const id of cameras) {
        await expect.poll(async () => (await stateOf(id)).kind, { timeout: 20_000 }).toBe('reconnecting');
      }
      await go2rtc.start();
      const since = Date.now();
      await Promise.all(viewers.map((viewer, index) => untilLiveAgain(viewer, cameras[index] as string, since)));
      for (const viewer of viewers) viewer.close();
    });

    it('Porthole, and its own viewers get frames again', async () => {
      const others = new AbortController();
      const path = `${go2rtc.api}/stream.mp4?src=front`;
      const reader = (await fetch(path, others)).body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
      await reader.read();
      const { port } = new URL(server.url);
      const ports = ['--port', port, '--rtsp-port', String(rtspPort())];
      await server.crash();
      // What it has sent before is read until nothing more comes.
      let bytes = 0;
      const reading = (async () => {
        for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.length;
      })().catch(() => undefined);
      server = await serve(ports);
      const atStart = bytes;
      await expect.poll(() => bytes, { timeout: 30_000 }).toBeGreaterThan(atStart + 10_000);
      others.abort();
      await reading;
    });
  });
});

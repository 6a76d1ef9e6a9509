// Programs that record and play RTSP, each against the running product.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparePictures } from '../support/pictures.ts';
import { lacks, programPath } from '../support/programs.ts';
import { RtspClient } from '../support/rtsp-client.ts';
import { adminPassword, startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sizeInVlc, vlcReadsRtsp } from '../support/vlc.ts';
import { watch } from '../support/watching.ts';

/** How long a program may run, in milliseconds. */
const limit = 40_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let token: string;
let port: number;
beforeAll(async () => {
  folder = await temporaryFolder();
  const cameras = ['--camera', 'front=test:?width=640&height=480&fps=15'];
  if (!lacks('ffmpeg')) cameras.push('--camera', `clip=file:${await makeClip(folder.path)}`);
  server = await startServer({ args: [...cameras, '--rtsp-port', '0', '--grace', '1'] });
  token = await server.token();
  port = Number(server.log.find(({ msg }) => msg === 'listening for RTSP')?.port);
});
afterAll(async () => {
  await server.stop();
  await folder[Symbol.asyncDispose]();
});

/** Makes a clip with audio, whose keyframes are far apart and which is passed through. */
async function makeClip(to: string): Promise<string> {
  const path = join(to, 'clip.mp4');
  const sources = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=15', '-f', 'lavfi', '-i', 'sine=frequency=440'];
  const encoders = ['-c:v', 'libx264', '-g', '30', '-bf', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  await run('ffmpeg', ['-loglevel', 'error', ...sources, '-t', '6', ...encoders, path]);
  return path;
}

/** Runs a program until it exits; throws its output if it fails. */
async function run(name: string, args: readonly string[]): Promise<string> {
  const ended = await promisify(execFile)(programPath(name), args, { timeout: limit, maxBuffer: 64 * 1024 * 1024 });
  return ended.stdout + ended.stderr;
}

function url(path: string, userInfo = `admin:${encodeURIComponent(adminPassword)}@`): string {
  return `rtsp://${userInfo}127.0.0.1:${port}/${path}`;
}

describe.skipIf(lacks('ffmpeg', 'ffprobe'))('FFmpeg', () => {
  it.each([
    ['tcp', 'front', 'h264,640,480'],
    ['udp', 'front', 'h264,640,480'],
    ['tcp', 'front?width=320', 'h264,320,240'],
    ['tcp', 'front?codec=mjpeg', 'mjpeg,640,480'],
    ['udp', 'front?codec=mjpeg&width=320', 'mjpeg,320,240'],
  ])('decodes frames over %s from %s', async (transport, path, expected) => {
    const input = ['-rtsp_transport', transport, '-i', url(path)];
    const frames = await run('ffmpeg', ['-loglevel', 'error', ...input, '-frames:v', '10', '-f', 'framemd5', '-']);
    const sums = (frames.match(/^0, .*/gm) ?? []).map((line) => line.split(',').at(-1)?.trim());
    expect(new Set(sums).size, frames).toBeGreaterThan(5);
    expect(frames).toContain(`#dimensions 0: ${expected.split(',').slice(1).join('x')}`);
  });

  it.each([
    ['tcp', 'clip', 'aac'],
    ['udp', 'clip?audio=opus', 'opus'],
  ])('records video and audio over %s from %s, which begin together', async (transport, path, audio) => {
    const file = join(folder.path, `${audio}.mkv`);
    const input = ['-rtsp_transport', transport, '-i', url(path)];
    await run('ffmpeg', ['-loglevel', 'fatal', ...input, '-t', '3', '-c', 'copy', file]);
    const shown = ['-show_entries', 'stream=codec_name,sample_rate,channels', '-of', 'csv=p=0'];
    const streams = await run('ffprobe', ['-loglevel', 'error', ...shown, file]);
    expect(streams.trim().split('\n')).toEqual(['h264', `${audio},48000,2`]);
    // The volume of a sine of FFmpeg: the audio is that of the clip.
    const volume = await run('ffmpeg', ['-i', file, '-af', 'volumedetect', '-vn', '-f', 'null', '-']);
    expect(Number(/mean_volume: (-?[\d.]+) dB/.exec(volume)?.[1])).toBeCloseTo(-21, -1);
    const packets = ['-show_entries', 'packet=stream_index,pts_time', '-of', 'csv=p=0'];
    const times = (await run('ffprobe', ['-loglevel', 'error', ...packets, file])).trim().split('\n');
    const first = [0, 1].map((stream) => Number(times.find((line) => line.startsWith(`${stream},`))?.split(',')[1]));
    // The video begins with a keyframe, up to two seconds before the audio.
    expect(first[1]).toBeGreaterThanOrEqual((first[0] ?? 0) - 0.1);
    expect(first[1]).toBeLessThan((first[0] ?? 0) + 2.5);
  });

  it('shows why it gets nothing', async () => {
    const failing = (address: string) => run('ffmpeg', ['-loglevel', 'error', '-i', address, '-f', 'null', '-']);
    await expect(failing(url('nowhere'))).rejects.toThrow('404 This server has no camera with this name.');
    await expect(failing(url('front', 'admin:wrong@'))).rejects.toThrow('401 Unauthorized');
    await expect(failing(url('front', ''))).rejects.toThrow('401 Unauthorized');
    await run('ffmpeg', [
      '-loglevel',
      'error',
      '-i',
      url(`front?token=${token}`, ''),
      '-frames:v',
      '2',
      '-f',
      'null',
      '-',
    ]);
    expect(server.output).not.toContain(token);
  });
});

describe.skipIf(lacks('python3 with cv2'))('OpenCV', () => {
  it('reads frames', async () => {
    const script = `
import sys, cv2
capture = cv2.VideoCapture(sys.argv[1])
for _ in range(10):
    ok, picture = capture.read()
    if not ok: sys.exit("no picture")
print(picture.shape[1], picture.shape[0], capture.get(cv2.CAP_PROP_FPS))
`;
    const printed = await run('python3', ['-c', script, url('front?width=320')]);
    expect(printed.trim().split('\n').at(-1)).toMatch(/^320 240 1[45]/);
  });
});

describe.skipIf(lacks('gst-launch-1.0'))('GStreamer', () => {
  it.each([
    ['tcp', 'front', ['rtph264depay', '!', 'h264parse', '!', 'video/x-h264,width=640,height=480']],
    ['udp', 'front', ['rtph264depay', '!', 'h264parse', '!', 'video/x-h264,width=640,height=480']],
    ['tcp', 'front?codec=mjpeg', ['rtpjpegdepay', '!', 'jpegdec', '!', 'video/x-raw,width=640,height=480']],
    ['udp', 'front?codec=mjpeg', ['rtpjpegdepay', '!', 'jpegdec', '!', 'video/x-raw,width=640,height=480']],
    ['tcp', 'clip?audio=opus', ['rtpopusdepay', '!', 'audio/x-opus']],
    ['udp', 'clip', ['rtpmp4gdepay', '!', 'audio/mpeg,mpegversion=4']],
    ['tcp', 'clip', ['rtpmp4gdepay', '!', 'audio/mpeg,mpegversion=4']],
  ])('reads frames over %s from %s', async (protocols, path, rest) => {
    const login = ['user-id=admin', `user-pw=${adminPassword}`];
    const source = ['rtspsrc', `location=${url(path, '')}`, ...login, `protocols=${protocols}`, 'latency=100'];
    const args = [...source, '!', ...rest, '!', 'fakesink', 'num-buffers=15'];
    // GStreamer 1.22 says so once it has all its frames. Then its PAUSE sometimes fails before it is sent, and with it
    // the program.
    const said = await run('gst-launch-1.0', args).catch((error: { readonly stdout?: string }) => error.stdout ?? '');
    expect(said).toContain('Got EOS from element "pipeline0"');
  });
});

if (!vlcReadsRtsp) process.stderr.write('Skipped: this VLC is built without RTSP (live555).\n');

describe.skipIf(!vlcReadsRtsp)('VLC', () => {
  it.each([['--rtsp-tcp'], ['--no-rtsp-tcp']])('shows pictures with %s', async (option) => {
    expect(await sizeInVlc([option, url(`front?token=${token}`, '')], limit)).toMatchObject({
      width: 640,
      height: 480,
    });
  });
});

it('the page that connects programs has the address', async () => {
  const admin = await server.signIn();
  const page = await (await admin.request('/cameras/front/connect?width=320')).text();
  expect(page).toContain(`rtsp://127.0.0.1:${port}/front?width=320&amp;token=TOKEN`);
});

describe('another Porthole', () => {
  it('watches it as a camera, with a token as the password', async () => {
    const args = ['--camera', `far=${url('front', `admin:${token}@`)}`, '--allow-addresses', '127.0.0.1'];
    await using other = await startServer({ args });
    const otherToken = await other.token();
    using viewer = await watch(other, otherToken, '/cameras/far/stream.mjpeg');
    const parts = await viewer.take(12);
    const [first, last] = [parts[0], parts.at(-1)].map((part) => part?.bytes ?? Buffer.alloc(0)) as [Buffer, Buffer];
    expect(await sharp(last).metadata()).toMatchObject({ width: 640, height: 480 });
    expect((await comparePictures(first, last)).changed).toBeGreaterThan(0);
  });
});

describe.skipIf(lacks('ffmpeg'))('a client that reads slowly', () => {
  it('gets what has waited for it, and holds up nobody', { timeout: 60_000 }, async () => {
    const path = url(`clip?token=${token}`, '');
    using slow = await RtspClient.open(port);
    using quick = await RtspClient.open(port);
    await slow.play(path);
    slow.socket.pause();
    await quick.play(path);
    const videoOf = (client: RtspClient) =>
      client.packets.filter(({ channel }) => channel === 0).map(({ bytes }) => bytes);
    const lastOf = (client: RtspClient) => videoOf(client).at(-1)?.readUInt16BE(2) ?? -1;
    const seconds = (client: RtspClient) => {
      const times = videoOf(client).map((packet) => packet.readUInt32BE(4));
      return (((times.at(-1) ?? 0) - (times[0] ?? 0)) >>> 0) / 90_000;
    };
    await quick.until(() => seconds(quick) > 4);
    const numbers = videoOf(quick).map((packet) => packet.readUInt16BE(2));
    expect(numbers.map((number, at) => (number - at) & 0xffff)).toEqual(numbers.map(() => numbers[0]));
    slow.socket.resume();
    // What waited comes at once.
    const target = lastOf(quick);
    await slow.until(() => ((lastOf(slow) - target) & 0xffff) < 0x8000);
  });
});

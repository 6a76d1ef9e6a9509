// Programs that people use with webcam servers, each against the running product.
import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documented, filledIn } from '../support/documentation.ts';
import { ending } from '../support/processes.ts';
import { lacks, programPath } from '../support/programs.ts';
import { adminPassword, startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sizeInVlc } from '../support/vlc.ts';
import { watch } from '../support/watching.ts';

/** How long a program may run, in milliseconds. */
const limit = 40_000;

let server: TestServer;
let token: string;
beforeAll(async () => {
  const cameras = ['front=test:?width=640&height=480&fps=15', 'slow=test:?width=320&height=240&fps=4'];
  server = await startServer({ args: cameras.flatMap((camera) => ['--camera', camera]) });
  token = await server.token();
});
afterAll(() => server.stop());

/** Runs a program until it exits; throws its output if it fails. */
async function run(name: string, args: readonly string[], options: object = {}): Promise<string> {
  const ended = await promisify(execFile)(programPath(name), args, {
    timeout: limit,
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  return ended.stdout + ended.stderr;
}

/** Paths of the stream: our own and those known from other servers. */
const streams = [
  '/cameras/front/stream.mjpeg',
  '/?action=stream',
  '/webcam/?action=stream',
  '/stream',
  '/api/stream.mjpeg?src=front',
] as const;
const snapshots = [
  '/cameras/front/snapshot.jpg',
  '/?action=snapshot',
  '/webcam/?action=snapshot',
  '/snapshot',
  '/snapshot.jpg',
  '/api/frame.jpeg?src=front',
] as const;

function withToken(path: string): string {
  return `${server.url}${path}${path.includes('?') ? '&' : '?'}token=${token}`;
}

describe.skipIf(lacks('curl'))('curl', () => {
  it.each(snapshots)('gets an image from %s, and its header alone', async (path) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'picture.jpg');
    const head = await run('curl', [
      '-sSf',
      '-D',
      '-',
      '-o',
      file,
      '-H',
      `Authorization: Bearer ${token}`,
      server.url + path,
    ]);
    expect(head).toMatch(/^HTTP\/1\.1 200/);
    expect(head).toMatch(/content-type: image\/jpeg\r/i);
    expect(head).toMatch(/cache-control: no-store/i);
    expect(head).toMatch(/x-timestamp: \d+\.\d{3}\r/i);
    const bytes = await readFile(file);
    expect(Number(/content-length: (\d+)/i.exec(head)?.[1])).toBe(bytes.length);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 480 });

    const asked = await run('curl', ['-sSf', '-I', '-H', `Authorization: Bearer ${token}`, server.url + path]);
    expect(asked).toMatch(/^HTTP\/1\.1 200/);
    expect(asked).toMatch(/content-type: image\/jpeg\r/i);
    expect(Number(/content-length: (\d+)/i.exec(asked)?.[1])).toBeGreaterThan(1_000);
  });

  it('is admitted with a name and password, or a name and a token, and not without', async () => {
    const url = `${server.url}/snapshot`;
    for (const login of [`admin:${adminPassword}`, `admin:${token}`]) {
      await run('curl', ['-sSf', '-o', '/dev/null', '-u', login, url]);
    }
    const out = ['-s', '-o', '-', '-w', '\n%{http_code} %{redirect_url}'];
    for (const login of [[], ['-u', 'admin:wrong'], ['-H', 'Authorization: Bearer wrong']]) {
      const refused = await run('curl', [...out, ...login, url]);
      expect(refused, 'a short text, no page and no redirect').toMatch(/^[^<]{1,200}\n401 $/);
    }
  });

  it('keeps receiving the stream at a rate that it chose', async () => {
    const url = withToken('/cameras/front/stream.mjpeg?fps=2');
    // It ends at its own time limit, with exit code 28.
    const read = await run('curl', ['-sS', '--max-time', '4', '-o', '-', url], { encoding: 'latin1' }).catch(
      (error: { stdout: string }) => error.stdout,
    );
    const parts = read.split('Content-Type: image/jpeg').length - 1;
    expect(parts).toBeGreaterThanOrEqual(4);
    expect(parts).toBeLessThanOrEqual(11);
  });
});

describe('the snippets of docs/other-programs.md', () => {
  /** Fills in a snippet for the camera `front`. */
  const snippet = (heading: string, language: string, containing = '', more: Readonly<Record<string, string>> = {}) =>
    filledIn(documented('other-programs.md', heading, language, containing), {
      'http://HOST': server.url,
      'front-door': 'front',
      ...more,
    });

  /** Runs shell commands in a folder, each of which must succeed. */
  const shell = (commands: string, folder: string): Promise<string> =>
    run('bash', ['-e', '-c', commands], { cwd: folder, env: { ...process.env, TOKEN: token } });

  it.skipIf(lacks('curl'))('curl saves an image', async () => {
    await using folder = await temporaryFolder();
    for (const command of snippet('curl', 'sh', '', { 'printer:': 'admin:' }).trim().split('\n')) {
      await shell(`rm -f now.jpg; ${command}`, folder.path);
      expect((await sharp(join(folder.path, 'now.jpg')).metadata()).width).toBe(640);
    }
  });

  it.skipIf(lacks('ffmpeg', 'ffprobe'))('FFmpeg records', async () => {
    await using folder = await temporaryFolder();
    await shell(snippet('FFmpeg', 'sh', '', { '-t 60': '-t 2 -v error -nostdin' }), folder.path);
    for (const [file, codec] of [
      ['clip.mkv', 'mjpeg'],
      ['clip.mp4', 'h264'],
    ] as const) {
      const probed = await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', join(folder.path, file)]);
      const { streams } = JSON.parse(probed) as { streams: object[] };
      expect(streams).toMatchObject([{ codec_name: codec, width: 640 }]);
    }
  });

  it.skipIf(lacks('python3 with cv2'))('OpenCV reads frames', async () => {
    const code = snippet('OpenCV', 'python', '', { 'while True:': 'for _ in range(5):' });
    const printed = await run('python3', ['-c', `token = "${token}"\n${code}\nprint(ok, picture.shape)`]);
    expect(printed).toContain('True (480, 640, 3)');
  });

  it.skipIf(lacks('gst-launch-1.0'))('GStreamer decodes', async () => {
    await using folder = await temporaryFolder();
    const sink = 'video/x-raw,width=640,height=480 ! fakesink num-buffers=5';
    const printed = await shell(snippet('GStreamer', 'sh', '', { autovideosink: sink }), folder.path);
    expect(printed.match(/Got EOS/g)).toHaveLength(2);
  });

  it.skipIf(lacks('ffmpeg'))("FFmpeg reads live.mp4 with Frigate's options", async () => {
    const config = snippet('Frigate', 'yaml', 'input_args: -avoid', { 'token=TOKEN': `token=${token}` });
    const [, path = ''] = /path: (.*)/.exec(config) ?? [];
    const [, args = ''] = /input_args: (.*)/.exec(config) ?? [];
    // What Frigate adds for the roles `detect` and `record` (frigate/ffmpeg_presets.py, frigate/config/camera/ffmpeg.py).
    const detect = '-threads 2 -f rawvideo -pix_fmt yuv420p -r 5 -s 640x480 -frames:v 10 detect.yuv'.split(' ');
    const record =
      '-f segment -segment_time 10 -segment_format mp4 -reset_timestamps 1 -strftime 0 -c copy -an -t 3 %d.mp4'.split(
        ' ',
      );
    await using folder = await temporaryFolder();
    const input = [...args.split(' '), '-i', path];
    const options = ['-hide_banner', '-loglevel', 'warning', '-nostdin', '-threads', '2'];
    const printed = await run('ffmpeg', [...options, ...input, ...record, ...detect], { cwd: folder.path });
    expect(printed).not.toMatch(/error|invalid|non-monoton/i);
    expect((await readFile(join(folder.path, 'detect.yuv'))).length).toBe(10 * 640 * 480 * 1.5);
    const probe = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', join(folder.path, '0.mp4')]);
    expect(Number(/duration=([\d.]+)/.exec(probe)?.[1])).toBeGreaterThan(1.5);
  });
});

describe('the stream on the wire', () => {
  it.each(streams)('%s has the header and the parts that clients depend on', async (path) => {
    using viewer = await watch(server, token, path);
    expect(viewer.status).toBe(200);
    expect(viewer.headers.get('content-type')).toMatch(/^multipart\/x-mixed-replace;boundary=[^-"][^"]*$/);
    expect(viewer.headers.get('connection')).toBe('close');
    expect(viewer.headers.get('cache-control')).toBe('no-store, no-cache, must-revalidate');
    expect(viewer.headers.get('x-accel-buffering')).toBe('no');
    expect(viewer.headers.has('transfer-encoding')).toBe(false);
    for (const part of await viewer.take(3)) {
      expect(part.headers.get('content-type')).toBe('image/jpeg');
      expect(part.headers.get('x-timestamp')).toMatch(/^\d+\.\d{3}$/);
    }
  });

  it.each([
    '/?action=stream&1795358308055',
    '/?action=stream?nonce=1795358308055',
    '/stream?timestamp=1&bypassCache=2',
    '/cameras/front/stream.mjpeg?cacheBust=abc&width=320',
  ])('%s streams: cache busters do no harm', async (path) => {
    using viewer = await watch(server, token, path);
    expect(viewer.status).toBe(200);
    await viewer.take(1);
  });

  it("/state answers in ustreamer's format", async () => {
    using viewer = await watch(server, token);
    await viewer.take(20);
    const response = await fetch(`${server.url}/state`, { headers: { authorization: `Bearer ${token}` } });
    const state = (await response.json()) as { result: { stream: { clients: number } } };
    expect(state).toMatchObject({
      ok: true,
      result: {
        source: {
          resolution: { width: 640, height: 480 },
          online: true,
          desired_fps: expect.any(Number) as number,
          captured_fps: expect.any(Number) as number,
        },
        stream: { queued_fps: expect.any(Number) as number, clients: expect.any(Number) as number },
      },
    });
    expect(state.result.stream.clients).toBeGreaterThanOrEqual(1);
  });
});

describe.skipIf(lacks('ffmpeg'))('ffmpeg', () => {
  async function framesRead(args: readonly string[]): Promise<number> {
    const progress = ['-frames:v', '20', '-f', 'null', '-progress', 'pipe:1', '-'];
    const printed = await run('ffmpeg', ['-hide_banner', '-v', 'error', '-nostdin', ...args, ...progress]);
    return Number(
      printed
        .match(/frame=\d+/g)
        ?.at(-1)
        ?.slice(6),
    );
  }

  it('reads 20 frames with a bearer header', async () => {
    const headers = ['-headers', `Authorization: Bearer ${token}\r\n`];
    expect(await framesRead([...headers, '-i', `${server.url}/cameras/front/stream.mjpeg`])).toBe(20);
  });

  it.each(streams)('reads 20 frames from %s with a token in the address', async (path) => {
    expect(await framesRead(['-i', withToken(path)])).toBe(20);
  });

  it('reads 20 frames from live.mp4', async () => {
    expect(await framesRead(['-i', withToken('/cameras/front/live.mp4')])).toBe(20);
  });

  it('begins live.mp4 with the first frames of a slow camera, without counting its rate first', async () => {
    const printed = await run('ffmpeg', [
      '-v',
      'debug',
      '-i',
      withToken('/cameras/slow/live.mp4'),
      '-t',
      '0',
      '-f',
      'null',
      '-',
    ]);
    const [, major, minor] = /ffmpeg version \D*(\d+)\.(\d+)/.exec(printed) ?? [];
    const [, probed] = /After avformat_find_stream_info\(\).* frames:(\d+)/.exec(printed) ?? [];
    expect(Number(probed)).toBeGreaterThan(0);
    // Newer ones count it anyway.
    if (Number(major) < 7 || (major === '7' && minor === '0')) expect(Number(probed)).toBeLessThan(5);
    expect(printed).toMatch(/Video: h264 .* 4 tbr/);
  });

  it('reads 20 frames with a name and password in the address', async () => {
    const url = server.url.replace('//', `//admin:${encodeURIComponent(adminPassword)}@`);
    expect(await framesRead(['-i', `${url}/stream?width=320`])).toBe(20);
  });
});

describe.skipIf(lacks('python3 with cv2'))('OpenCV', () => {
  const script = `
import sys, cv2
capture = cv2.VideoCapture(sys.argv[1])
for _ in range(10):
    ok, picture = capture.read()
    if not ok: sys.exit("no picture")
print(picture.shape[1], picture.shape[0])
`;

  it.each([...streams, '/cameras/front/stream.mjpeg?width=320'])('reads frames from %s', async (path) => {
    const printed = await run('python3', ['-c', script, withToken(path)]);
    expect(printed.trim().split('\n').at(-1)).toBe(path.includes('width=320') ? '320 240' : '640 480');
  });
});

describe.skipIf(lacks('python3 with av'))("PyAV, with which Home Assistant's streams are read,", () => {
  const script = `
import sys, av
with av.open(sys.argv[1], timeout=10) as container:
    stream = container.streams.video[0]
    frames = []
    for frame in container.decode(stream):
        frames.append(frame)
        if len(frames) == 10: break
print(frames[0].width, frames[0].height, float(frames[0].time), float(frames[-1].time) < 10)
`;

  it('decodes live.mp4, whose times begin at 0', async () => {
    const printed = await run('python3', ['-c', script, withToken('/cameras/front/live.mp4')]);
    expect(printed.trim().split('\n').at(-1)).toBe('640 480 0.0 True');
  });
});

describe.skipIf(lacks('cvlc'))('VLC', () => {
  it.each([
    ['/cameras/front/stream.mjpeg', []],
    ['/stream', []],
    ['/cameras/front/index.m3u8', []],
    // It counts from the time in the stream, which isn't that of the server.
    ['/cameras/front/live.mp4', ['--run-time=5']],
  ] as const)('shows pictures from %s', async (path, options) => {
    const { width, height } = await sizeInVlc([...options, withToken(path)], limit);
    expect(width).toBe(640);
    expect(height).toSatisfy((lines: number) => lines >= 480 && lines < 496);
  });
});

describe.skipIf(lacks('gst-launch-1.0'))('GStreamer', () => {
  it.each(['/cameras/front/stream.mjpeg', '/?action=stream'])('decodes frames from %s', async (path) => {
    const pipeline = [
      ...['souphttpsrc', `location=${withToken(path)}`, '!', 'multipartdemux', '!', 'image/jpeg', '!'],
      ...['jpegdec', '!', 'video/x-raw,width=640,height=480', '!', 'fakesink', 'num-buffers=15'],
    ];
    expect(await run('gst-launch-1.0', pipeline)).toContain('EOS');
  });

  it('takes live.mp4 apart', async () => {
    const pipeline = [
      ...['souphttpsrc', `location=${withToken('/cameras/front/live.mp4')}`, '!', 'qtdemux', '!'],
      ...['video/x-h264,width=640,height=480', '!', 'fakesink', 'num-buffers=15'],
    ];
    expect(await run('gst-launch-1.0', pipeline)).toContain('EOS');
  });

  it('sends a bearer header', async () => {
    const pipeline = [
      ...['souphttpsrc', `location=${server.url}/stream`],
      `extra-headers=headers,Authorization=(string)"Bearer\\ ${token}"`,
      ...['!', 'multipartdemux', '!', 'jpegdec', '!', 'fakesink', 'num-buffers=5'],
    ];
    expect(await run('gst-launch-1.0', pipeline)).toContain('EOS');
  });
});

describe.skipIf(lacks('motion'))('motion', () => {
  it('saves frames with a name and a token, as documented', async () => {
    await using folder = await temporaryFolder();
    const documentation = filledIn(documented('other-programs.md', 'motion', ''), {
      'http://HOST': server.url,
      'front-door': 'front',
      'printer:TOKEN': `admin:${token}`,
    });
    const settings = {
      ...{ daemon: 'off', webcontrol_port: 0, stream_port: 0, target_dir: folder.path },
      ...{ snapshot_interval: 1, snapshot_filename: 'snapshot' },
    };
    const config = join(folder.path, 'motion.conf');
    const lines = Object.entries(settings).map((each) => each.join(' '));
    await writeFile(config, [...lines, documentation].join('\n'));
    const motion = spawn(programPath('motion'), ['-n', '-c', config], { stdio: 'ignore' });
    try {
      const variety = async () => {
        const { channels } = await sharp(join(folder.path, 'snapshot.jpg')).stats();
        return Math.max(...channels.map(({ stdev }) => stdev));
      };
      // Without the stream, motion saves a grey image with a line of text.
      await expect.poll(() => variety().catch(() => 0), { timeout: limit, interval: 100 }).toBeGreaterThan(45);
    } finally {
      motion.kill('SIGKILL');
      await ending(motion);
    }
  });
});

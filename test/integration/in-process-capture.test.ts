// A Capture that is no child process: the product serves what it delivers over every output.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { App } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { inspectJpeg } from '../../src/formats/jpeg/jpeg.ts';
import { ClipCapture } from '../support/clip-capture.ts';
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

let app: App;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let opened = 0;
let running = 0;

beforeAll(async () => {
  folder = await temporaryFolder();
  const [jpeg, h264] = await Promise.all([makeJpegs(15), makeH264(15)]);
  const args = ['--host', '127.0.0.1', '--port', '0', '--data', folder.path, '--grace', '1'];
  const command = readConfig({
    args: [...args, '--camera', 'front=test:?width=320&height=240&fps=15'],
    env: { PORTHOLE_ADMIN_PASSWORD: password },
  });
  if (command.kind !== 'run') throw new TypeError('no command to run');
  app = await App.open(command.config, pino({ level: 'silent' }), {
    captures: {
      test: (options) => {
        opened += 1;
        running += 1;
        options.signal.addEventListener('abort', () => (running -= 1));
        return new ClipCapture(options, { jpeg, h264 });
      },
    },
  });
});
afterAll(async () => {
  await app.close();
  await folder[Symbol.asyncDispose]();
});

const camera = (path: string): string => `${app.url}/cameras/front/${path}`;

describe('a Capture in the server process is served', () => {
  it('as MJPEG, with the times of its own clock', async () => {
    using stream = await openMultipart(camera('stream.mjpeg'), { headers });
    const parts = await stream.take(5);
    const times = parts.map((part) => Number(part.headers.get('x-timestamp')));
    expect(Math.abs(Date.now() / 1_000 - (times.at(-1) ?? 0))).toBeLessThan(5);
    for (const [index, time] of times.slice(2).entries()) expect(time - (times[index + 1] ?? 0)).toBeCloseTo(1 / 15, 2);
  });

  it('as a snapshot', async () => {
    const response = await fetch(camera('snapshot.jpg'), { headers });
    expect(response.status).toBe(200);
    expect(inspectJpeg(Buffer.from(await response.arrayBuffer()))).toMatchObject({ width: 320, height: 240 });
  });

  it('as MP4', async () => {
    const abort = new AbortController();
    const response = await fetch(camera('live.mp4'), { headers, signal: abort.signal });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'video/mp4']);
    let fragments = 0;
    for await (const chunk of response.body ?? []) {
      fragments += Buffer.from(chunk).toString('latin1').split('moof').length - 1;
      if (fragments >= 5) break;
    }
    abort.abort();
    expect(fragments).toBeGreaterThanOrEqual(5);
  });

  it('as HLS', async () => {
    const playlist = await (await fetch(camera('index.m3u8'), { headers })).text();
    const segment = playlist.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
    const response = await fetch(camera(segment), { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'video/mp4']);
  });

  it.each(['jpeg', 'h264'] as const)('on the WebSocket of a page, as %s', async (codec) => {
    using page = await LivePage.open(app.url, headers);
    page.watch('front', 1, 'source', codec);
    await expect.poll(() => page.pictures, patience).toBeGreaterThan(5);
  });

  it('over WebRTC', async () => {
    await using viewer = await WhepViewer.open(camera('whep'), { headers });
    await expect.poll(() => viewer.packets.length, patience).toBeGreaterThan(10);
  });

  it('on demand, and by no process', async () => {
    expect(opened).toBeGreaterThan(0);
    const commands = childrenOf(process.pid).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    expect(commands.filter((command) => /capture\/main\.[jt]s/.test(command))).toEqual([]);
    await expect.poll(() => running, patience).toBe(0);
  });
});

it('a start that fails names its own cause, and closes what is behind a part that cannot be closed', async () => {
  await using other = await temporaryFolder();
  const open = (port: string) => {
    const command = readConfig({ args: ['--host', '127.0.0.1', '--port', port, '--data', other.path], env: {} });
    if (command.kind !== 'run') throw new TypeError('no command to run');
    const stuck = () => Promise.reject(new Error('stuck'));
    return App.open(command.config, pino({ level: 'silent' }), {
      features: [() => (fastify) => void fastify.addHook('onClose', stuck)],
    });
  };
  await expect(open(new URL(app.url).port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  // The lock of the data folder is free.
  await (await open('0')).close();
});

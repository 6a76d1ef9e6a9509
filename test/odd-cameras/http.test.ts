// HTTP cameras with the quirks that real ones were reported to have, watched through the server.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closedPort } from '../support/http-camera.ts';
import { LivePage } from '../support/live-page.ts';
import { Mp4Reader } from '../support/mp4-reader.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { outcomeOf, problemOf } from './outcome.ts';

const program = fileURLToPath(new URL('http_cameras.py', import.meta.url));
const skip = lacks('python3');
const names = skip
  ? []
  : execFileSync(programPath('python3'), [program, '--list'], { encoding: 'utf8' }).trim().split('\n');

/** Cases whose answer is a sentence. */
const sentences: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  'login-page': ['source_not_video', /web page/],
};
const shown = names.filter((name) => !(name in sentences));

/** The size of a case's frames, in pixels. */
function sizeOf(name: string): string {
  if (name === 'odd-444') return '317×239';
  if (name === 'Bodd') return '641×481';
  return name.startsWith('B') ? '640×480' : '320×240';
}

/** Long enough for a slow machine, in milliseconds. */
const patience = { timeout: 60_000, interval: 50 };

describe.skipIf(skip)('an odd HTTP camera', () => {
  let cameras: ChildProcess;
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    const port = await closedPort();
    cameras = spawn(programPath('python3'), [program, String(port), '300'], { stdio: 'inherit' });
    const source = (name: string): string => {
      const password = name === 'auth-basic-special' ? 'p@:/?#[]%&=+ ü!' : 'pa55';
      const login = name.startsWith('auth-') ? `cam:${encodeURIComponent(password)}@` : '';
      return `http://${login}127.0.0.1:${port}/${name}`;
    };
    server = await startServer({ args: names.flatMap((name) => ['--camera', `${name}=${source(name)}`]) });
    token = await server.token();
  });
  afterAll(async () => {
    cameras.kill();
    await server.stop();
  });

  it.concurrent.each(shown)('is shown: %s', async (name) => {
    const { state, viewer } = await outcomeOf(server, token, name);
    using _viewer = viewer;
    expect(state).toMatchObject({ kind: 'live' });
    const [last] = await viewer.take(1);
    const { width, height } = await sharp(last?.bytes, { failOn: 'none' }).metadata();
    const sizes = name === 'size-change' ? ['320×240', '640×480'] : [sizeOf(name)];
    expect(sizes).toContain(`${width}×${height}`);
  });

  it.each(['plain', 'no-dht', 'flv-gop4'])('is shown over WebSocket and live.mp4: %s', async (name) => {
    using page = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
    page.watch(name);
    const mp4 = await Mp4Reader.open(`${server.url}/cameras/${name}/live.mp4`, token);
    try {
      await expect.poll(() => page.pictures, patience).toBeGreaterThan(0);
      await expect.poll(() => mp4.count, patience).toBeGreaterThan(0);
    } finally {
      mp4.close();
    }
  });

  it.concurrent.each(Object.keys(sentences))('is explained: %s', async (name) => {
    const [code, message] = sentences[name] ?? [];
    const problem = { code, message: expect.stringMatching(message as RegExp) as string };
    expect(await problemOf(server, token, name)).toMatchObject(problem);
  });
});

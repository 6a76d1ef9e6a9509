// Cameras that send without end, next to one that works.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import { type GreedyCamera, httpGreed, startGreedyCamera } from '../support/greedy-camera.ts';
import { makeH264 } from '../support/h264-clip.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { SteadyMultipart } from '../support/steady-viewer.ts';

/** How much a capture process may use in this test, in megabytes. */
const allowed = 300;
/** How much more may arrive until that is noticed, in megabytes. */
const overshoot = 400;

const tooLong = /sends an image of more than 32\u00a0MB/;
const noVideo = /no video/;
/** What people are told of each camera. FFmpeg ends some frames before they are too long, and others not. */
const cameras = {
  'endless-part': ['http', tooLong],
  'huge-length': ['http', tooLong],
  'huge-part-length': ['http', tooLong],
  'no-image': ['http', noVideo],
  'endless-part-head': ['http', noVideo],
  'endless-head': ['http', /more than 64\u00a0KB of HTTP headers/],
  'endless-chunk-size': ['http', noVideo],
  'endless-frame-ts': ['http', /more than 64\u00a0MB without a frame|sends a frame of \d+\u00a0MB|too much memory/],
  // The relay ends a frame after a pause, such as one of a busy machine, so that several things may be told.
  'endless-frame': ['rtsp', /\w/],
  'before-play': ['rtsp', /\w/],
  'endless-headers': ['rtsp', /headers of more than 64\u00a0KB/],
  'huge-description': ['rtsp', /a description of more than 1024\u00a0KB/],
  'many-tracks': ['rtsp', /a stream of 10001 tracks/],
} as const;

let camera: GreedyCamera;
let server: TestServer;
let token: string;
let canary: SteadyMultipart;

beforeAll(async () => {
  const [unit] = await makeH264(1);
  camera = await startGreedyCamera(httpGreed(unit as Buffer));
  const sources = Object.entries(cameras).flatMap(([name, [protocol]]) => [
    '--camera',
    `${name}=${protocol}://127.0.0.1:${camera.port}/${name}`,
  ]);
  server = await startServer({
    args: ['--camera', 'canary=test:?width=320&height=180&fps=15', ...sources, '--capture-memory', String(allowed)],
  });
  token = await server.token();
  canary = await SteadyMultipart.open(`${server.url}/cameras/canary/stream.mjpeg`, token);
  await canary.next(() => true, 20_000, 'the first frame of the canary');
}, 60_000);

afterAll(async () => {
  canary.close();
  await server.stop();
  await camera[Symbol.asyncDispose]();
});

async function stateOf(id: string): Promise<CameraInfo['state']> {
  const headers = { authorization: `Bearer ${token}` };
  return ((await (await fetch(`${server.url}/api/cameras/${id}`, { headers })).json()) as CameraInfo).state;
}

/** Watches a camera that has no frames. @returns the reason that people are told */
async function reasonOf(id: string): Promise<string> {
  const viewer = new AbortController();
  const answer = fetch(`${server.url}/cameras/${id}/stream.mjpeg?token=${token}`, viewer);
  // While the camera is being opened for long, a stream begins with placeholder frames.
  const refusal = answer.then(async (reply) => (reply.status === 503 ? reply.text() : null)).catch(() => null);
  try {
    for (;;) {
      const text = await Promise.race([refusal, delay(200, null)]);
      if (text !== null) return text;
      const state = await stateOf(id);
      if (state.kind === 'reconnecting') return state.problem.message;
    }
  } finally {
    viewer.abort();
  }
}

/** The most memory that a capture process has used so far, in megabytes. */
function mostUsed(): number {
  const used = server.children.map(({ pid }) => {
    try {
      return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
    } catch {
      return 0;
    }
  });
  return Math.max(0, ...used);
}

describe('a camera that sends without end', () => {
  it.each(Object.entries(cameras))('%s over %s', { timeout: 90_000 }, async (id, [, words]) => {
    const frames = canary.received;
    const begin = performance.now();
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, mostUsed())), 20);
    const told = await reasonOf(id);
    clearInterval(timer);
    expect(told).toMatch(words);
    expect(most, 'megabytes; without a limit as much as arrives').toBeLessThan(allowed + overshoot);
    const rate = ((canary.received - frames) * 1_000) / (performance.now() - begin);
    if (performance.now() - begin > 1_000) expect(rate, 'frames per second of the canary, of 15').toBeGreaterThan(5);
    expect(canary.complaints).toEqual([]);
  });

  it.each(['endless-part', 'endless-frame-ts'])('%s is not asked again for each viewer', async (id) => {
    const { requests } = camera;
    // The wait after the test above may be over.
    if ((await stateOf(id)).kind === 'closed') await fetch(`${server.url}/cameras/${id}/snapshot.jpg?token=${token}`);
    const before = requests.get(`/${id}`);
    const state = await stateOf(id);
    if (state.kind !== 'reconnecting') throw new Error(`the camera is ${state.kind}`);
    expect(['capture_memory', 'source_beyond_limits']).toContain(state.problem.code);
    using viewer = await SteadyMultipart.open(`${server.url}/cameras/${id}/stream.mjpeg`, token);
    await viewer.next(() => true, 10_000, 'the placeholder frame');
    expect((await fetch(`${server.url}/cameras/${id}/snapshot.jpg?token=${token}`)).status).toBe(503);
    if (Date.now() < state.retryAt) expect(requests.get(`/${id}`), 'requests').toBe(before);
  });
});

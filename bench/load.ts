import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { treeUsage } from './process-tree.ts';
import { spawnOn, type Server } from './servers.ts';
import type { Tools } from './tools.ts';

const webRtcViewers = fileURLToPath(new URL('webrtc-viewers.ts', import.meta.url));

/** What fanload prints. */
export interface Stats {
  readonly viewers: number;
  /** Viewers that got a first frame. */
  readonly served: number;
  readonly fps_min: number;
  readonly fps_med: number;
  readonly lat_p50: number;
  readonly lat_p99: number;
  readonly first_p50: number;
  readonly first_max: number;
}

/** One measurement of one server under one load. */
export interface Measurement extends Stats {
  readonly server: string;
  /** CPU milliseconds of the whole process tree in each second. */
  readonly cpuMsPerSecond: number;
  /** CPU microseconds for each frame that reached a viewer; NaN if none did. */
  readonly usPerFrame: number;
  readonly rssMb: number;
  /** The longest that the front page or the list of cameras took under this load, in milliseconds; NaN where none was asked. */
  readonly answerMs: number;
}

/** A load of viewers, on core 1. */
export interface Load {
  readonly viewers: number;
  /** How long is measured, in seconds. */
  readonly seconds: number;
  /** How long the viewers run before, in seconds. */
  readonly warmup: number;
  /** So many further viewers read about one frame a second each; they are in the CPU and in no other figure. */
  readonly slow?: number;
  /** Watch over the pages' WebSocket instead of multipart. */
  readonly websocket?: boolean;
  /** Watch H.264 over the WebSocket, not JPEG. */
  readonly h264?: boolean;
  /** Watch over WebRTC. */
  readonly webrtc?: boolean;
  /** Another viewer keeps the camera open meanwhile, so that its start is not in the figures. */
  readonly open?: boolean;
  /** The same viewers have come and gone once before: the server's code has run. */
  readonly again?: boolean;
  /** Ask for pages meanwhile. */
  readonly pages?: boolean;
  /** Instead of the server's own stream. */
  readonly path?: string;
}

/** Puts a load on a server and measures both, over the same seconds. */
export async function measure(server: Server, tools: Tools, load: Load): Promise<Measurement> {
  const { viewers, seconds, warmup, slow = 0, open = false } = load;
  const times = load.again === true ? 2 : 1;
  const keeper = open
    ? runFanload(server, tools, { ...load, viewers: 1, seconds: (seconds + warmup) * times + 5, warmup: 0 })
    : null;
  if (open) await sleep(3_000);
  if (load.again === true) await runFanload(server, tools, load);
  // A process of their own, which yields to the others': what the measured viewers see is not delayed by its reading.
  const slowOnes = slow > 0 ? runFanload(server, tools, { ...load, viewers: slow, seconds: seconds + 1 }, true) : null;
  const { begun, output } = startViewers(server, tools, load);
  // Once before, so that what loads and compiles in this process is not in the figures of the server.
  if (load.pages === true) await slowestAnswer(server, performance.now() + 1_000);
  await begun;
  const before = treeUsage(server.pids);
  const startedAt = performance.now();
  // A margin at the end, so that leaving is not in the figures.
  const span = sleep(seconds * 1_000 - 300);
  const answerMs = load.pages === true ? await slowestAnswer(server, startedAt + seconds * 1_000 - 1_000) : NaN;
  await span;
  const after = treeUsage(server.pids);
  const elapsed = (performance.now() - startedAt) / 1_000;
  const stats = JSON.parse(await output) as Stats;
  await keeper;
  const slowServed = slowOnes === null ? 0 : (JSON.parse(await slowOnes) as Stats).served;
  const cpuMsPerSecond = (after.cpuMs - before.cpuMs) / elapsed;
  const delivered = viewers * stats.fps_med;
  return {
    ...stats,
    viewers: viewers + slow,
    served: stats.served + slowServed,
    server: nameOf(server, load),
    cpuMsPerSecond,
    usPerFrame: delivered > 0 ? (cpuMsPerSecond * 1_000) / delivered : NaN,
    rssMb: after.rssMb,
    answerMs,
  };
}

/**
 * Asks for the front page and the list of cameras in turn, as a person with another tab would.
 *
 * @param until when to stop, by `performance.now()`
 * @returns the longest that an answer took, in milliseconds; NaN for a server that has no such pages
 */
async function slowestAnswer({ port, headers, pages }: Server, until: number): Promise<number> {
  if (pages.length === 0) return NaN;
  const sent = Object.fromEntries(headers.map((header) => header.split(': ') as [string, string]));
  let slowest = 0;
  for (let asked = 0; performance.now() < until; asked += 1) {
    const askedAt = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}${pages[asked % pages.length]}`, { headers: sent });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
    slowest = Math.max(slowest, performance.now() - askedAt);
    await sleep(100);
  }
  return slowest;
}

/** Starts the viewers. @returns when what is measured begins, and what they print at the end */
function startViewers(server: Server, tools: Tools, load: Load): { begun: Promise<unknown>; output: Promise<string> } {
  if (load.webrtc !== true) return { begun: sleep(load.warmup * 1_000), output: runFanload(server, tools, load) };
  const url = `http://127.0.0.1:${server.port}/cameras/cam/whep`;
  const headers = server.headers.flatMap((header) => ['--header', header]);
  const numbers = [load.viewers, load.seconds, load.warmup].map(String);
  const command = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    webRtcViewers,
    ...headers,
    url,
    ...numbers,
  ];
  const child = spawnOn(1, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  return { begun: once(child.stderr as Readable, 'data'), output: text(child.stdout as Readable) };
}

/** What a server is called under a load. */
export function nameOf({ name }: Server, { slow = 0, websocket = false, h264 = false, webrtc = false }: Load): string {
  if (slow > 0) return `${name}, and ${slow} slow viewers`;
  if (webrtc) return `${name}, WebRTC`;
  return h264 ? `${name}, H.264 over WebSocket` : websocket ? `${name}, WebSocket` : name;
}

/**
 * Runs the viewers on core 1; resolves with what fanload prints.
 *
 * @param slow whether each of them reads about one frame a second, while nothing else wants the core
 */
export function runFanload(server: Server, tools: Tools, load: Load, slow = false): Promise<string> {
  return startFanload(server, tools, load, slow).output;
}

/** Starts them. @returns the process, and what it will print */
export function startFanload(
  server: Server,
  tools: Tools,
  load: Load,
  slow = false,
): { readonly child: ChildProcess; readonly output: Promise<string> } {
  const { viewers, seconds, warmup, h264 = false, websocket = h264 } = load;
  const headers = server.headers.flatMap((header) => ['-H', header]);
  const path = websocket ? '/live' : (load.path ?? server.path);
  const options = [...headers, ...(websocket ? ['-w', 'cam'] : []), ...(h264 ? ['-c', 'h264'] : [])];
  const numbers = [viewers, seconds, warmup, slow ? 1 : 0].map(String);
  const command = [tools.fanload, ...options, '127.0.0.1', String(server.port), path, ...numbers];
  const child = spawnOn(1, [...(slow ? ['nice', '-n', '19'] : []), ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, output: text(child.stdout as Readable) };
}

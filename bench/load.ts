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

/** The output of fanload. */
export interface Stats {
  readonly viewers: number;
  /** Viewers that received a first frame. */
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
  /** CPU time of the whole process tree, in milliseconds per second. */
  readonly cpuMsPerSecond: number;
  /** CPU time per frame that reached a viewer, in microseconds; NaN without frames. */
  readonly usPerFrame: number;
  readonly rssMb: number;
  /** The slowest response of the front page and the list of cameras under this load, in milliseconds; NaN if not requested. */
  readonly answerMs: number;
}

/** A load of viewers, on core 1. */
export interface Load {
  readonly viewers: number;
  /** How long the measurement takes, in seconds. */
  readonly seconds: number;
  /** How long the viewers run before the measurement, in seconds. */
  readonly warmup: number;
  /** Further viewers that read about one frame per second each. They count in the CPU time only. */
  readonly slow?: number;
  /** Watch over the pages' WebSocket instead of multipart. */
  readonly websocket?: boolean;
  /** Watch H.264 over the WebSocket instead of JPEG. */
  readonly h264?: boolean;
  /** Watch over WebRTC. */
  readonly webrtc?: boolean;
  /** Another viewer keeps the camera open, so that opening it is not measured. */
  readonly open?: boolean;
  /** The same viewers connect and leave once before the measurement, so that the server's code is compiled. */
  readonly again?: boolean;
  /** Request pages during the measurement. */
  readonly pages?: boolean;
  /** The path of the stream, instead of the server's default. */
  readonly path?: string;
}

/** Measures a server and its viewers under a load, over the same seconds. */
export async function measure(server: Server, tools: Tools, load: Load): Promise<Measurement> {
  const { viewers, seconds, warmup, slow = 0, open = false } = load;
  const times = load.again === true ? 2 : 1;
  const keeper = open
    ? runFanload(server, tools, { ...load, viewers: 1, seconds: (seconds + warmup) * times + 5, warmup: 0 })
    : null;
  if (open) await sleep(3_000);
  if (load.again === true) await runFanload(server, tools, load);
  // A separate process with low priority: its reading does not delay the measured viewers.
  const slowOnes = slow > 0 ? runFanload(server, tools, { ...load, viewers: slow, seconds: seconds + 1 }, true) : null;
  const { begun, output } = startViewers(server, tools, load);
  // A first request loads and compiles code in this process, which is not the server's cost.
  if (load.pages === true) await slowestAnswer(server, performance.now() + 1_000);
  await begun;
  const before = treeUsage(server.pids);
  const startedAt = performance.now();
  // The measurement ends before the viewers leave.
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
 * Requests the front page and the list of cameras in turn, as a person with a second tab would.
 *
 * @param until when to stop, by `performance.now()`
 * @returns the time of the slowest response in milliseconds; NaN for a server without pages
 */
async function slowestAnswer({ port, headers, pages }: Server, until: number): Promise<number> {
  if (pages.length === 0) return NaN;
  const sent = Object.fromEntries(headers.map((header) => header.split(': ') as [string, string]));
  let slowest = 0;
  for (let asked = 0; performance.now() < until; asked += 1) {
    const askedAt = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}${pages[asked % pages.length]}`, { headers: sent });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${response.url} responds with ${response.status}`);
    slowest = Math.max(slowest, performance.now() - askedAt);
    await sleep(100);
  }
  return slowest;
}

/** Starts the viewers. @returns a promise for the start of the measurement, and one for their output */
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

/** The name of a server in the tables, with the transport of the load. */
export function nameOf({ name }: Server, { slow = 0, websocket = false, h264 = false, webrtc = false }: Load): string {
  if (slow > 0) return `${name}, and ${slow} slow viewers`;
  if (webrtc) return `${name}, WebRTC`;
  return h264 ? `${name}, H.264 over WebSocket` : websocket ? `${name}, WebSocket` : name;
}

/**
 * Runs viewers on core 1 and resolves with the output of fanload.
 *
 * @param slow each viewer reads about one frame per second, with low priority
 */
export function runFanload(server: Server, tools: Tools, load: Load, slow = false): Promise<string> {
  return startFanload(server, tools, load, slow).output;
}

/** Starts viewers like {@link runFanload}. @returns the process and its output */
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

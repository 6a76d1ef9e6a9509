import { mkdtempSync, writeFileSync } from 'node:fs';
import { get, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lacks } from '../test/support/programs.ts';
import { startRtspServer } from '../test/support/rtsp-server.ts';
import { exactCpuMs, treeMemory, treeOf } from './process-tree.ts';
import { freePort, spawnOn, stop, untilListening, type Server, type StartPorthole } from './servers.ts';
import type { Tools } from './tools.ts';

/** How long the CPU time is measured, in seconds. */
const span = 10;
/** How long all viewers must have had frames before, in seconds: V8 compiles what runs often. */
const settling = 45;
/** How long to wait for the first frame of the last camera, in milliseconds. */
const patience = 60_000;

/** One measurement of one server. */
interface Result {
  readonly server: string;
  readonly cameras: number;
  /** Frames that reached viewers, per second. */
  readonly framesPerSecond: number;
  readonly cpuMsPerSecond: number;
  readonly pssMb: number;
  readonly processes: number;
  /** From the request to the first frame, of all cameras, in milliseconds. */
  readonly firstMs: readonly number[];
}

/** Starts a server that has these cameras, all closed; null if it is not installed. */
type StartCameras = (urls: readonly string[]) => Promise<CameraServer | null>;

/** A server whose cameras are numbered from 1. */
interface CameraServer extends Server {
  /** The path of a camera's own stream as MP4. */
  pathOf(camera: number): string;
}

/**
 * Measures RTSP cameras over TCP, H.264 1280 × 720 at 25 frames/s and 2 Mbit/s, with one viewer each, who gets the
 * camera's own stream as MP4: Porthole, and go2rtc where it is installed (GO2RTC names the program). GStreamer's RTSP
 * server is the camera.
 *
 * @param steps numbers of cameras
 * @returns Markdown, or a line that says why nothing was measured
 */
export async function manyCameras(
  tools: Tools,
  startPorthole: StartPorthole,
  steps: readonly number[],
): Promise<string> {
  const isMissing = lacks('python3 with GstRtspServer', 'ffmpeg');
  if (isMissing) return "IP cameras were not measured: GStreamer's RTSP server or ffmpeg is not installed.";
  const servers: StartCameras[] = [(urls) => porthole(tools, startPorthole, urls), (urls) => go2rtc(tools, urls)];
  const lines = [
    '| RTSP cameras | server | frames/s | CPU ms/s | µs per frame | PSS MB | processes | first frame p50 ms | slowest ms |',
    '| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const cameras of steps) {
    for (const start of servers) {
      await using rtsp = await startRtspServer({ width: 1280, height: 720, fps: 25, pattern: 'smpte' });
      // GStreamer encodes once for all cameras, from its first client to its last: this one comes first and stays.
      const input = ['-rtsp_transport', 'tcp', '-i', rtsp.url, '-c', 'copy', '-f', 'null', '-'];
      const keeper = spawnOn(1, ['ffmpeg', '-loglevel', 'error', ...input], { stdio: 'ignore' });
      await using server = await start(Array.from({ length: cameras }, () => rtsp.url));
      if (server !== null) lines.push(row(await measure(server, cameras)));
      await stop(keeper);
    }
  }
  return lines.join('\n');
}

async function measure(server: CameraServer, cameras: number): Promise<Result> {
  await sleep(5_000); // work that is done once after the start
  const viewers = Array.from({ length: cameras }, (_, index) => new Mp4Viewer(server, server.pathOf(index + 1)));
  try {
    const firstMs = await Promise.all(viewers.map((viewer) => viewer.first));
    await sleep(settling * 1_000);
    const frames = (): number => viewers.reduce((sum, viewer) => sum + viewer.frames, 0);
    const before = { cpu: exactCpuMs(treeOf(server.pids)), frames: frames(), at: performance.now() };
    await sleep(span * 1_000);
    const elapsed = (performance.now() - before.at) / 1_000;
    const cpu = exactCpuMs(treeOf(server.pids)) - before.cpu;
    const memory = treeMemory(server.pids);
    const result: Result = {
      server: server.name,
      cameras,
      framesPerSecond: (frames() - before.frames) / elapsed,
      cpuMsPerSecond: cpu / elapsed,
      pssMb: memory.reduce((sum, { pssMb }) => sum + pssMb, 0),
      processes: memory.length,
      firstMs,
    };
    console.error(row(result));
    return result;
  } finally {
    for (const viewer of viewers) viewer.close();
  }
}

function row({ server, cameras, framesPerSecond, cpuMsPerSecond, pssMb, processes, firstMs }: Result): string {
  const sorted = firstMs.toSorted((a, b) => a - b);
  const cells = [
    cameras,
    server,
    framesPerSecond.toFixed(0),
    cpuMsPerSecond.toFixed(0),
    ((cpuMsPerSecond * 1_000) / framesPerSecond).toFixed(0),
    pssMb.toFixed(0),
    processes,
    (sorted[Math.floor(sorted.length / 2)] ?? NaN).toFixed(0),
    (sorted.at(-1) ?? NaN).toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}

async function porthole(tools: Tools, start: StartPorthole, urls: readonly string[]): ReturnType<StartCameras> {
  const cameras = urls.flatMap((url, index) => ['--camera', `ip${index + 1}=${url}`]);
  const server = await start(tools, ['--allow-addresses', '127.0.0.1', ...cameras]);
  return { ...server, pathOf: (camera) => `/cameras/ip${camera}/live.mp4` };
}

async function go2rtc(tools: Tools, urls: readonly string[]): ReturnType<StartCameras> {
  const program = process.env.GO2RTC ?? 'go2rtc';
  const port = await freePort();
  const config = join(mkdtempSync(join(tools.folder, 'go2rtc-')), 'go2rtc.yaml');
  const streams = urls.map((url, index) => `  ip${index + 1}: ${url}`);
  const off = ['rtsp', 'webrtc', 'srtp'].map((module) => `${module}:\n  listen: ""`);
  writeFileSync(
    config,
    [`api:\n  listen: 127.0.0.1:${port}`, ...off, 'log:\n  level: error', 'streams:', ...streams].join('\n'),
  );
  const child = spawnOn(0, [program, '-config', config], { stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) return null;
  try {
    await untilListening('go2rtc', port, child);
  } catch {
    await stop(child);
    return null;
  }
  return {
    name: 'go2rtc',
    pids: [pid],
    port,
    path: '',
    headers: [],
    pages: [],
    pathOf: (camera) => `/api/stream.mp4?src=ip${camera}`,
    [Symbol.asyncDispose]: () => stop(child),
  };
}

/** A viewer of an MP4 stream that counts its fragments, which contain one frame each. */
class Mp4Viewer {
  /** Fragments so far. */
  frames = 0;
  /** From the request to the first fragment, in milliseconds. */
  readonly first: Promise<number>;
  readonly #path: string;
  readonly #options: RequestOptions;
  readonly #startedAt = performance.now();
  readonly #began = Promise.withResolvers<number>();
  #request: ClientRequest | null = null;
  #closed = false;

  constructor({ port, headers }: Server, path: string) {
    const sent = Object.fromEntries(headers.map((header) => header.split(': ') as [string, string]));
    this.#path = path;
    this.#options = { host: '127.0.0.1', port, path, headers: sent, agent: false };
    this.first = this.#began.promise;
    this.#open();
  }

  #open(): void {
    this.#request = get(this.#options, (response) => {
      if (response.statusCode === 200) this.#read(response);
      else this.#tryAgain(new Error(`${this.#path} responds with ${response.statusCode}`));
    });
    this.#request.on('error', (error) => this.#tryAgain(error));
  }

  /** While a machine opens many cameras at once, a server may say that a camera is not ready yet. */
  #tryAgain(error: Error): void {
    if (performance.now() - this.#startedAt > patience) this.#began.reject(error);
    else if (!this.#closed) setTimeout(() => this.#open(), 200);
  }

  #read(response: IncomingMessage): void {
    let tail = Buffer.alloc(0);
    response.on('error', () => {}); // the request reports it
    response.on('data', (chunk: Buffer) => {
      // The box's name may be split between two chunks.
      const bytes = Buffer.concat([tail, chunk]);
      for (let at = bytes.indexOf('moof'); at >= 0; at = bytes.indexOf('moof', at + 4)) this.frames += 1;
      tail = bytes.subarray(-3);
      if (this.frames > 0) this.#began.resolve(performance.now() - this.#startedAt);
    });
  }

  close(): void {
    this.#closed = true;
    this.#request?.destroy();
  }
}

import { execFileSync, spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tools } from './tools.ts';

/** A measured server, on core 0. */
export interface Server extends AsyncDisposable {
  readonly name: string;
  /** The roots of its process trees, whose CPU time and memory are measured. */
  readonly pids: readonly number[];
  readonly port: number;
  /** The path of its stream. */
  readonly path: string;
  /** Request headers that the stream needs. */
  readonly headers: readonly string[];
  /** Pages that it must serve while it streams. */
  readonly pages: readonly string[];
}

/** Starts a server; null if it is not installed. */
export type StartServer = (tools: Tools) => Promise<Server | null>;

/** The camera's size and rate, as fakecam takes them. */
const camera = { FAKECAM_W: '1280', FAKECAM_H: '720', FAKECAM_FPS: '30' };

/** The password of `admin`. */
export const password = 'benchmark-only';

/** Starts Porthole, with further options where they are given. */
export type StartPorthole = (tools: Tools, options?: readonly string[]) => Promise<Server>;

/** The Porthole that this benchmark belongs to. */
export const startPorthole = portholeIn(fileURLToPath(new URL('../', import.meta.url)), 'porthole');

/**
 * Porthole as `npm start` runs it in a checkout, with an account and a token.
 *
 * @param folder the checkout's root folder
 * @param name its name in tables, which begins with `porthole`
 */
export function portholeIn(folder: string, name: string): StartPorthole {
  const program = [process.execPath, join(folder, 'scripts/start.mjs')];
  return (tools, options = []) => startIn(folder, name, tools, program, options);
}

/** Porthole with all processes that `npm start` in a checkout leaves running. */
export function npmStartIn(folder: string, name: string): StartPorthole {
  const program = ['npm', '--prefix', folder, 'start', '--silent', '--'];
  return (tools, options = []) => startIn(folder, name, tools, program, options);
}

async function startIn(
  folder: string,
  name: string,
  tools: Tools,
  program: readonly string[],
  options: readonly string[],
): Promise<Server> {
  const port = await freePort();
  const data = mkdtempSync(join(tools.folder, 'data-'));
  const command = [
    ...program,
    '--port',
    String(port),
    '--data',
    data,
    '--camera',
    'cam=/dev/video0',
    '--log-level',
    'warn',
    ...options,
  ];
  const started = await start(name, port, command, tools, { PORTHOLE_ADMIN_PASSWORD: password });
  let token: string;
  try {
    token = createToken(folder, data);
  } catch (error) {
    await started[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...started,
    path: '/cameras/cam/stream.mjpeg',
    headers: [`Authorization: Bearer ${token}`],
    pages: ['/', '/api/cameras'],
  };
}

function createToken(folder: string, data: string): string {
  const create = ['tokens', 'create', '--user', 'admin', '--name', 'bench', '--data', data];
  const command = ['run', '--silent', 'porthole', '--', ...create];
  return execFileSync('npm', command, { cwd: folder, encoding: 'utf8' }).trim();
}

/** True for a server of {@link portholeIn}. */
export function isPorthole({ name }: Pick<Server, 'name'>): boolean {
  return name.startsWith('porthole');
}

/** Starts ustreamer in passthrough mode, if it is installed. */
export const startUstreamer: StartServer = async (tools) => {
  if (spawnSync('ustreamer', ['--version']).status !== 0) return null;
  const device = ['--device', '/dev/video0', '--format', 'MJPEG', '--encoder', 'HW', '--resolution', '1280x720'];
  const port = await freePort();
  const listen = ['--desired-fps', '30', '--host', '127.0.0.1', '--port', String(port)];
  const started = await start('ustreamer', port, ['ustreamer', ...device, ...listen], tools);
  return { ...started, path: '/stream', headers: [], pages: [] };
};

/** Starts the floor: plain write() of the same number of bytes to each socket. */
export const startRawlimit: StartServer = async (tools) => {
  const port = await freePort();
  const command = [tools.rawlimit, String(port), String(tools.frameBytes), '30'];
  return { ...(await start('rawlimit', port, command, tools)), path: '/', headers: [], pages: [] };
};

/** A free TCP port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

type Started = Pick<Server, 'name' | 'pids' | 'port'> & AsyncDisposable;

/** The running programs. They are killed when the benchmark ends. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** Starts a program on one core. */
export function spawnOn(core: number, command: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn('taskset', ['-c', String(core), ...command], options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function start(
  name: string,
  port: number,
  command: readonly string[],
  tools: Tools,
  environment: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const child = spawnOn(0, command, {
    env: { ...process.env, ...camera, LD_PRELOAD: tools.fakecam, FAKECAM_FILE: tools.clip, ...environment },
    stdio: ['ignore', 'ignore', isPorthole({ name }) ? 'inherit' : 'ignore'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  const server = { name, pids: [pid], port, [Symbol.asyncDispose]: () => stop(child) };
  try {
    await untilListening(name, port, child);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return server;
}

/** Terminates a program, and kills it after 4 s. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 4_000);
  await exited;
  clearTimeout(timer);
}

/** Resolves when a program listens on its port. @throws {Error} if the program has ended, or after half a minute */
export async function untilListening(name: string, port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 150; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${name} ended with exit code ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${name} does not listen on port ${port}`);
}

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tools } from './tools.ts';

/** A server under measurement, on core 0. */
export interface Server extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** The path of its stream. */
  readonly path: string;
  /** Headers that open it. */
  readonly headers: readonly string[];
  /** Pages that it must answer while it streams. */
  readonly pages: readonly string[];
}

/** What starts a server; null if it is not installed. */
export type StartServer = (tools: Tools) => Promise<Server | null>;

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const ports = { porthole: 19_101, ustreamer: 19_102, rawlimit: 19_103 };
/** The camera's size and rate, as fakecam takes them. */
const camera = { FAKECAM_W: '1280', FAKECAM_H: '720', FAKECAM_FPS: '30' };

/** Porthole itself, with an account and a token, as people run it. */
export const startPorthole: StartServer = async (tools) => {
  const data = mkdtempSync(join(tools.folder, 'data-'));
  const args = ['--port', String(ports.porthole), '--data', data, '--camera', 'cam=/dev/video0', '--log-level', 'warn'];
  // As scripts/start.mjs starts it.
  const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', '--expose-gc'];
  const command = [process.execPath, ...flags, main, ...args];
  const started = await start('porthole', ports.porthole, command, tools, {
    PORTHOLE_ADMIN_PASSWORD: 'benchmark-only',
  });
  const token = execFileSync(
    process.execPath,
    [cli, 'tokens', 'create', '--user', 'admin', '--name', 'bench', '--data', data],
    {
      encoding: 'utf8',
    },
  ).trim();
  return {
    ...started,
    path: '/cameras/cam/stream.mjpeg',
    headers: [`Authorization: Bearer ${token}`],
    pages: ['/', '/api/cameras'],
  };
};

/** ustreamer, passing the camera's JPEGs through, where it is installed. */
export const startUstreamer: StartServer = async (tools) => {
  if (spawnSync('ustreamer', ['--version']).status !== 0) return null;
  const device = ['--device', '/dev/video0', '--format', 'MJPEG', '--encoder', 'HW', '--resolution', '1280x720'];
  const listen = ['--desired-fps', '30', '--host', '127.0.0.1', '--port', String(ports.ustreamer)];
  const started = await start('ustreamer', ports.ustreamer, ['ustreamer', ...device, ...listen], tools);
  return { ...started, path: '/stream', headers: [], pages: [] };
};

/** The floor: plain write() of as many bytes to each socket. */
export const startRawlimit: StartServer = async (tools) => {
  const command = [tools.rawlimit, String(ports.rawlimit), String(tools.pictureBytes), '30'];
  return { ...(await start('rawlimit', ports.rawlimit, command, tools)), path: '/', headers: [], pages: [] };
};

type Started = Pick<Server, 'name' | 'pid' | 'port'> & AsyncDisposable;

async function start(
  name: string,
  port: number,
  command: readonly string[],
  tools: Tools,
  environment: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const child = spawn('taskset', ['-c', '0', ...command], {
    env: { ...process.env, ...camera, LD_PRELOAD: tools.fakecam, FAKECAM_FILE: tools.clip, ...environment },
    stdio: ['ignore', 'ignore', name === 'porthole' ? 'inherit' : 'ignore'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  const server = { name, pid, port, [Symbol.asyncDispose]: () => stop(child) };
  try {
    await untilListening(name, port, child);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return server;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 4_000);
  await exited;
  clearTimeout(timer);
}

async function untilListening(name: string, port: number, child: ChildProcess): Promise<void> {
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

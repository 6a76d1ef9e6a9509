// Shared by the programs that run in the guest of with-v4l2. Their arguments are the folder with the clips and the
// folder for the results.
import { match } from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { appendFileSync, createWriteStream, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '../support/client.ts';
import { ending, passedToCaptures } from '../support/processes.ts';
import { program } from '../support/program.ts';
import type { GuestResult } from './machine.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const [clips = '', results = ''] = process.argv.slice(2);
/** Runs a program until it exits. */
export const run = promisify(execFile);
const password = 'correct horse battery staple';
/** A generous time limit in milliseconds, because emulation is slow and speed is not tested here. */
export const patience = 90_000;

/** Porthole in the guest, with its own data folder. */
export class GuestServer {
  readonly #options: readonly string[];
  readonly #prefix: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  /** Signed in as an admin. */
  admin = new Client('');
  /** An admin's API token. */
  token = '';

  /**
   * @param options command-line options, besides address and data folder
   * @param more.prefix a program, with its arguments, that runs the server
   */
  constructor(
    options: readonly string[],
    more: { readonly prefix?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
  ) {
    this.#options = options;
    this.#prefix = more.prefix ?? [];
    this.#env = more.env ?? {};
  }

  async start(): Promise<void> {
    const listen = ['--host', '127.0.0.1', '--port', '0', '--data', '/tmp/data', '--log-format', 'json'];
    const main = ['--disable-warning=ExperimentalWarning', program('main'), ...listen, ...this.#options];
    const [first = '', ...args] = [...this.#prefix, process.execPath, ...main];
    const child = spawn(first, args, {
      cwd: root,
      env: { ...process.env, ...passedToCaptures, ...this.#env, PORTHOLE_ADMIN_PASSWORD: password },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const log = createWriteStream(join(results, 'server.log'), { flags: 'a' });
    const { promise, resolve } = Promise.withResolvers<string>();
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log.write(text);
      output += text;
      const url = /Listening on (http:\/\/\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code, signal) => resolve(`exit ${code ?? signal}`));
    const url = await promise;
    match(url, /^http/, 'the server listens');
    this.admin = await new Client(url).signIn('admin', password);
    const made = await this.admin.send('POST', '/api/tokens', { name: 'test' });
    this.token = ((await made.json()) as { token: string }).token;
  }

  /** Stops it; resolves when it has exited. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#child === null) return;
    this.#child.kill(signal);
    await ending(this.#child);
  }
}

/** Retries until nothing is thrown. */
export async function eventually<T>(work: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(100);
    }
  }
}

/** A process that has a camera's node open. */
export interface OpenNode {
  readonly node: string;
  readonly pid: number;
  /** The arguments of the process, separated by NULs. */
  readonly command: string;
}

/** Returns the processes that have camera nodes open. */
export function openNodes(): readonly OpenNode[] {
  return processes().flatMap(({ pid, command }) => {
    try {
      return readdirSync(`/proc/${pid}/fd`)
        .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
        .filter((path) => path.startsWith('/dev/video'))
        .map((node) => ({ node, pid, command }));
    } catch {
      return [];
    }
  });
}

/** Returns the running capture processes. */
export function capturePids(): readonly number[] {
  return processes()
    .filter(({ command }) => /capture\/main\.[jt]s/.test(command))
    .map(({ pid }) => pid);
}

function processes(): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
      } catch {
        return [];
      }
    });
}

/** Performs the checks in order, and writes their results. */
export async function perform(checks: ReadonlyMap<string, () => Promise<void>>): Promise<void> {
  for (const [check, work] of checks) {
    const since = performance.now();
    const problem = await work().then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const result: GuestResult = { check, problem, milliseconds: Math.round(performance.now() - since) };
    appendFileSync(join(results, 'results.jsonl'), `${JSON.stringify(result)}\n`);
  }
}

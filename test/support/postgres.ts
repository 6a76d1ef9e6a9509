import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { childrenOf, ending } from './processes.ts';

const run = promisify(execFile);

/** Postgres refuses to run as root, so that it runs as nobody there. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** A Postgres server of a test, with an empty database. */
export class Postgres {
  readonly url: string;
  readonly #bin: string;
  readonly #folder: string;
  readonly #port: number;
  #child: ChildProcess | null = null;

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.#folder = folder;
    this.#port = port;
    this.url = `postgres://ada:hush-hush@127.0.0.1:${port}/postgres`;
  }

  /** Starts one; null where Postgres is not installed. */
  static async start(): Promise<Postgres | null> {
    const root = '/usr/lib/postgresql';
    const [version] = (await readdir(root).catch(() => [])).sort((a, b) => Number(b) - Number(a));
    if (version === undefined) return null;
    const folder = await mkdtemp(join(tmpdir(), 'porthole-postgres-'));
    if (user.uid !== undefined) await chown(folder, user.uid, user.gid);
    const postgres = new Postgres(join(root, version, 'bin'), folder, await freePort());
    const options = ['-D', join(folder, 'data'), '-U', 'ada', '-A', 'trust', '--no-sync', '--no-locale', '-E', 'UTF8'];
    await run(join(postgres.#bin, 'initdb'), options, { ...user, cwd: folder });
    await postgres.resume();
    return postgres;
  }

  /** Starts it again after {@link stop}. */
  async resume(): Promise<void> {
    const options = ['-D', join(this.#folder, 'data'), '-p', String(this.#port), '-k', this.#folder];
    const more = ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'];
    this.#child = spawn(join(this.#bin, 'postgres'), [...options, ...more], {
      ...user,
      cwd: this.#folder,
      stdio: 'ignore',
    });
    for (let tries = 0; ; tries += 1) {
      try {
        await run(join(this.#bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(this.#port)]);
        return;
      } catch (error) {
        if (tries > 300) throw error;
        await delay(100);
      }
    }
  }

  /** Ends it at once, as a crash does. */
  async stop(): Promise<void> {
    if (this.#child === null) return;
    this.#child.kill('SIGQUIT');
    await ending(this.#child);
    this.#child = null;
  }

  /**
   * Sends a signal to all its processes, or to those that exist for its connections: SIGSTOP freezes them, SIGCONT lets
   * them go on.
   */
  signal(signal: 'SIGSTOP' | 'SIGCONT', which: 'all' | 'connections' = 'all'): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    const ofConnections = (each: number): boolean => commandOf(each).includes(' ada postgres ');
    const children = childrenOf(pid).filter((each) => which === 'all' || ofConnections(each));
    for (const each of which === 'all' ? [pid, ...children] : children) process.kill(each, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGCONT');
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Postgres writes into its arguments whom a process serves: `postgres: ada postgres 127.0.0.1(40123) idle`. */
function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { Client } from './client.ts';
import { type Metrics, readMetrics } from './metrics.ts';
import { type Ending, ending, markVariable, passedToCaptures, processesMarked } from './processes.ts';
import { program } from './program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The password of `admin` on every server that {@link startServer} starts. */
export const adminPassword = 'correct horse battery staple';

/** A server that has not ended this long after SIGTERM hangs, in milliseconds; a busy machine takes some seconds. */
const stopLimit = 20_000;

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** Arguments after `--host 127.0.0.1 --port 0 --data FOLDER --log-format json --log-level debug`. */
  readonly args?: readonly string[];
  /** Further environment variables; `PORTHOLE_ADMIN_PASSWORD: ''` starts the server without an account. */
  readonly env?: Readonly<Record<string, string>>;
  /** An existing data folder; by default a new one, which is removed at the end. */
  readonly data?: string;
}

/** A line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level?: string; readonly msg?: string };

/**
 * Starts the real server on a free port of 127.0.0.1 and waits until it listens. Close it with `stop()` or `await using`.
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'porthole-data-')));
  const mark = randomUUID();
  const env = {
    ...systemEnvironment(),
    ...passedToCaptures,
    PORTHOLE_ADMIN_PASSWORD: adminPassword,
    ...options.env,
    [markVariable]: mark,
  };
  const args = ['--host', '127.0.0.1', '--port', '0', '--data', data, '--log-format', 'json', '--log-level', 'debug'];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--expose-gc', program('main'), ...args, ...(options.args ?? [])],
    { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const server = new TestServer(child, { data, ownsData: options.data === undefined, env, mark });
  await server.ready();
  return server;
}

/** A running server under test. */
export class TestServer {
  readonly #child: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  readonly #mark: string;
  readonly #ownsData: boolean;
  /** Its data folder. */
  readonly data: string;
  #output = '';
  #url = '';
  #metricsToken: Promise<string> | undefined;

  constructor(
    child: ChildProcess,
    facts: {
      readonly data: string;
      readonly ownsData: boolean;
      readonly env: NodeJS.ProcessEnv;
      readonly mark: string;
    },
  ) {
    this.#child = child;
    this.#env = facts.env;
    this.#mark = facts.mark;
    this.#ownsData = facts.ownsData;
    this.data = facts.data;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  /** Its URL without a trailing slash: `http://127.0.0.1:40123`. */
  get url(): string {
    return this.#url;
  }

  /** The pid of the server process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Its output so far, standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  /** Its log so far. */
  get log(): readonly LogLine[] {
    return this.#output.split('\n').flatMap((line) => {
      try {
        return line.startsWith('{') ? [JSON.parse(line) as LogLine] : [];
      } catch {
        return [];
      }
    });
  }

  /** The running processes that it started, such as captures. */
  get children(): readonly { readonly pid: number; readonly command: string }[] {
    return processesMarked(this.#mark).filter((each) => each.pid !== this.pid);
  }

  /** Resolves when it listens. Throws its output if it ends before, or does not listen in time. */
  async ready(): Promise<void> {
    const deadline = performance.now() + 30_000;
    for (;;) {
      const url = /Listening on (https?:\/\/\S*[^\s/.])/.exec(this.#output)?.[1];
      if (url !== undefined) {
        this.#url = url;
        return;
      }
      if (this.#child.exitCode !== null || this.#child.signalCode !== null || performance.now() > deadline) {
        await this.kill();
        throw new Error(`the server does not listen; it printed:\n${this.#output}`);
      }
      await delay(20);
    }
  }

  /** A new client that is not signed in. */
  client(): Client {
    return new Client(this.#url);
  }

  /** A new client that is signed in, by default as the admin. */
  async signIn(username = 'admin', password = adminPassword): Promise<Client> {
    return this.client().signIn(username, password);
  }

  /**
   * Creates an API token: the admin's by the API, which is quick, another user's on the command line, which needs no
   * password.
   */
  async token(options: { readonly user?: string; readonly name?: string } = {}): Promise<string> {
    const { user = 'admin', name = 'test' } = options;
    if (user === 'admin') {
      const basic = Buffer.from(`admin:${adminPassword}`).toString('base64');
      const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify({ name }) };
      return (await this.client().json<{ readonly token: string }>('/api/tokens', init)).token;
    }
    const { stdout } = await this.cli('tokens', 'create', '--user', user, '--name', name);
    return stdout.trim();
  }

  /** Its metrics. The token for them is created once: a user may have a limited number. */
  async metrics(): Promise<Metrics> {
    this.#metricsToken ??= this.token({ name: 'metrics' });
    return readMetrics(this.#url, await this.#metricsToken);
  }

  /** Runs the command line (`npm run porthole -- …`) on this server's data folder, without npm. */
  async cli(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const node = ['--disable-warning=ExperimentalWarning', program('cli/main'), ...args, '--data', this.data];
    return promisify(execFile)(process.execPath, node, { cwd: root, env: this.#env });
  }

  /** Terminates it and expects exit code 0 and no remaining processes. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill(signal);
      const late = setTimeout(() => this.#child.kill('SIGKILL'), stopLimit);
      const end = await ending(this.#child);
      clearTimeout(late);
      const left = processesMarked(this.#mark);
      await this.kill();
      expect(end, `how the server ended; it printed:\n${this.#output.slice(-4_000)}`).toEqual({
        code: 0,
        signal: null,
      });
      expect(left, 'processes left behind').toEqual([]);
    }
    await this.kill();
  }

  /** Kills the server process only, as `kill -9` does. The data folder stays until {@link stop}. */
  async crash(): Promise<Ending> {
    this.#child.kill('SIGKILL');
    return ending(this.#child);
  }

  /** Kills its remaining processes and removes its data folder, without expectations. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    for (const { pid } of processesMarked(this.#mark)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // The process has ended.
      }
    }
    await ending(this.#child);
    if (this.#ownsData) await rm(this.data, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The environment of this process without variables that would configure the server. */
function systemEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('PORTHOLE_') && !/^(VITEST|NODE_OPTIONS)/.test(name),
    ),
  );
}

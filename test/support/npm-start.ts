import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type Ending,
  ending,
  type FoundProcess,
  markVariable,
  passedToCaptures,
  processesMarked,
} from './processes.ts';
import { program } from './program.ts';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A program started as a person would start it, in its own process group. */
export class Started {
  readonly child: ChildProcess;
  readonly #mark: string;
  /** Its output so far, standard output and standard error. */
  output = '';

  /** @param command the program and its arguments */
  constructor(command: readonly [string, ...string[]], cwd: string, env: NodeJS.ProcessEnv = {}) {
    const [path, ...args] = command;
    this.#mark = randomUUID();
    const own = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(PORTHOLE_|VITEST|NODE_OPTIONS|npm_|INIT_CWD)/i.test(name)),
    );
    this.child = spawn(path, args, {
      cwd,
      env: { ...own, ...passedToCaptures, ...env, [markVariable]: this.#mark },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  /** The running processes that it started, including itself. */
  get processes(): readonly FoundProcess[] {
    return processesMarked(this.#mark);
  }

  /** Waits until it listens and returns its URL. */
  async listening(): Promise<string> {
    for (let tries = 0; tries < 1_500; tries += 1) {
      const url = /Listening on (https?:\/\/\S*[^\s/.])/.exec(this.output)?.[1];
      if (url !== undefined) return url;
      if (this.child.exitCode !== null || this.child.signalCode !== null) break;
      await delay(20);
    }
    throw new Error(`it does not listen; it printed:\n${this.output}`);
  }

  /** Sends a signal to the whole process group, as terminals and service managers do. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-(this.child.pid as number), signal);
  }

  /** Resolves with the exit code or signal when it has ended. */
  ended(): Promise<Ending> {
    return ending(this.child);
  }

  /** Kills its remaining processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.processes) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // The process has ended.
      }
    }
    await this.ended();
  }
}

/** Runs `npm start` with arguments. */
export function npmStart(args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv } = {}): Started {
  return new Started(['npm', 'start', '--', '--host', '127.0.0.1', '--port', '0', ...args], root, options.env);
}

/** Runs the server without npm, for starts that fail. */
export function runMain(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  return new Started([process.execPath, program('main'), ...args], root, env);
}

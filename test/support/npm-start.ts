import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Ending, ending, type FoundProcess, markVariable, processesMarked } from './processes.ts';

/** The folder of the product. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A program that was started as people do, at the head of a process group of its own. */
export class Started {
  readonly child: ChildProcess;
  readonly #mark: string;
  /** Everything printed so far, on both streams. */
  output = '';

  /** @param command the program and its arguments */
  constructor(command: readonly [string, ...string[]], cwd: string, env: NodeJS.ProcessEnv = {}) {
    const [program, ...args] = command;
    this.#mark = randomUUID();
    const own = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(PORTHOLE_|VITEST|NODE_OPTIONS|npm_|INIT_CWD)/i.test(name)),
    );
    this.child = spawn(program, args, {
      cwd,
      env: { ...own, ...env, [markVariable]: this.#mark },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  /** The processes that it started and that still run, itself among them. */
  get processes(): readonly FoundProcess[] {
    return processesMarked(this.#mark);
  }

  /** Its address, as soon as it listens. */
  async listening(): Promise<string> {
    for (let tries = 0; tries < 1_500; tries += 1) {
      const url = /Listening on (https?:\/\/\S*[^\s/.])/.exec(this.output)?.[1];
      if (url !== undefined) return url;
      if (this.child.exitCode !== null || this.child.signalCode !== null) break;
      await delay(20);
    }
    throw new Error(`it does not listen; it printed:\n${this.output}`);
  }

  /** Sends a signal to the whole group, as a terminal and a service manager do. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-(this.child.pid as number), signal);
  }

  /** How it ended, when it has. */
  ended(): Promise<Ending> {
    return ending(this.child);
  }

  /** Ends whatever is left of it by force. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.processes) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    await this.ended();
  }
}

/** `npm start` with arguments, in the product's folder or in another one that holds it. */
export function npmStart(args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv } = {}): Started {
  return new Started(['npm', 'start', '--', '--host', '127.0.0.1', '--port', '0', ...args], root, options.env);
}

/** Runs `src/main.ts` itself, for starts that fail. */
export function runMain(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  return new Started([process.execPath, join(root, 'src/main.ts'), ...args], root, env);
}

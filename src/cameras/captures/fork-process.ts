import { type ChildProcess, fork, type ForkOptions } from 'node:child_process';
import { asPortholeError, PortholeError } from '../../domain/errors.ts';

/**
 * Forks a Node.js process, as `fork` of `node:child_process` does.
 *
 * @throws {PortholeError} `out_of_resources` if the operating system starts no process, for lack of descriptors,
 *   processes or memory.
 */
export function forkProcess(entry: string, args: readonly string[], options: ForkOptions): ChildProcess {
  let child: ChildProcess;
  try {
    child = fork(entry, args, options);
  } catch (error) {
    throw asPortholeError(error);
  }
  if (child.pid !== undefined) return child;
  // Node.js throws some errors, and emits others after it has returned a process without a pid and without pipes.
  child.on('error', () => undefined);
  throw new PortholeError('out_of_resources', { detail: 'no child process' });
}

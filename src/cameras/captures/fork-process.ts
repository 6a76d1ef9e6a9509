import { type ChildProcess, fork, type ForkOptions } from 'node:child_process';
import { asPortholeError, PortholeError } from '../../domain/errors.ts';
import { forbidNewPrivileges } from './no-new-privileges.ts';

/** The environment of a child process, which is all that it gets of the server's (`Config.captureEnvironment`). */
export type ChildEnvironment = Readonly<Record<string, string>>;

/**
 * Forks a Node.js process, as `fork` of `node:child_process` does, which gains no privileges from programs that it
 * starts.
 *
 * @throws {PortholeError} `out_of_resources` if the operating system starts no process, for lack of descriptors,
 *   processes or memory.
 */
export function forkProcess(
  entry: string,
  args: readonly string[],
  options: ForkOptions & { readonly env: ChildEnvironment },
): ChildProcess {
  forbidNewPrivileges();
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

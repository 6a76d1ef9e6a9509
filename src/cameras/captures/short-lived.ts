import type { ChildProcess } from 'node:child_process';
import { type ChildEnvironment, forkProcess } from './fork-process.ts';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Forks a process that answers one question with its first message and then exits. It is killed if it takes too long, and
 * when this process exits.
 *
 * @param options.limit how long it may take, in milliseconds: a driver may hang
 * @param options.environment its environment
 * @throws {PortholeError} `out_of_resources` without a process.
 */
export function forkShortLived(
  entry: string,
  args: readonly string[],
  options: { readonly limit: number; readonly environment: ChildEnvironment },
): ChildProcess {
  const child = forkProcess(entry, args, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: options.environment,
    timeout: options.limit,
    killSignal: 'SIGKILL',
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

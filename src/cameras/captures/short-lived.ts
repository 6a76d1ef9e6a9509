import type { ChildProcess } from 'node:child_process';
import { forkProcess } from './fork-process.ts';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Forks a process that answers one question with its first message and then exits. It is killed if it takes too long, and
 * when this process exits.
 *
 * @param limit how long it may take, in milliseconds: a driver may hang
 * @throws {PortholeError} `out_of_resources` without a process.
 */
export function forkShortLived(entry: string, args: readonly string[], limit: number): ChildProcess {
  const child = forkProcess(entry, args, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: limit,
    killSignal: 'SIGKILL',
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

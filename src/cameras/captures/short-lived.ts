import { fork, type ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a process of ours that answers one question by its first message and then ends; by force when it takes too long,
 * and with this process.
 *
 * @param limit how long it may take, in milliseconds: a wedged driver must not hold up the rest
 */
export function forkShortLived(entry: string, args: readonly string[], limit: number): ChildProcess {
  const child = fork(entry, args, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: limit,
    killSignal: 'SIGKILL',
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

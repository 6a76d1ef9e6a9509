import { readdir, readFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** What Node.js calls the threads that collect garbage and compile for V8. */
const nameOfHelpers = 'V8Worker';
/** How much less they count than what people wait for, as setpriority(2) counts. */
const step = 10;
const least = 19;

/**
 * Lets the main thread go first where the processor is short. V8's threads mark and compile beside it, and where there is
 * one core for all of them, as in a rush of viewers, they would take a third of it. With cores to spare nothing changes.
 *
 * Linux counts priorities by thread, and shows the threads in /proc (proc_pid_task(5)); elsewhere this does nothing.
 */
export async function lowerHelperThreads(): Promise<void> {
  const folder = '/proc/self/task';
  const threads = await readdir(folder).catch(() => []);
  const priority = Math.min(getPriority() + step, least);
  for (const thread of threads) {
    const name = await readFile(`${folder}/${thread}/comm`, 'utf8').catch(() => '');
    if (name.startsWith(nameOfHelpers)) lower(Number(thread), priority);
  }
}

function lower(thread: number, priority: number): void {
  try {
    setPriority(thread, priority);
  } catch {
    // Where the system does not let us, everything works as well.
  }
}

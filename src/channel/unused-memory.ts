import { readFileSync } from 'node:fs';
import { load } from 'koffi';

/** How long after the start most of what only the start needs has run, in milliseconds. */
const firstAfter = 10_000;
/** How often to look whether the process has grown, in milliseconds. */
const lookEvery = 30_000;
/** The growth that is worth a try, in bytes of resident memory. */
const growth = 12 * 1024 * 1024;

/** Linux: `<asm-generic/mman-common.h>`. */
const MADV_DONTNEED = 4;

/** malloc_trim(3) and madvise(2). */
interface SystemCalls {
  readonly trim: (pad: number) => number;
  readonly advise: (address: bigint, length: number, advice: number) => number;
}

/**
 * Returns memory that this process holds without need: ten seconds after the start, and later whenever it has grown. Each
 * try takes some milliseconds. Does nothing where the C library or the kernel does not support it.
 *
 * - malloc keeps freed memory that lies between memory in use. Loading code leaves 7 MB of it.
 * - A third of Node.js's own program, 30 MB, is mapped because the start ran it once. Unmapped pages stay in the kernel's
 *   page cache while there is room, and come back when they are used.
 */
export class UnusedMemory {
  readonly #calls: SystemCalls;
  #timer: NodeJS.Timeout;
  /** The resident memory after the last try, in bytes. */
  #rest = 0;

  private constructor(calls: SystemCalls, after: number) {
    this.#calls = calls;
    this.#timer = setTimeout(() => {
      this.#return();
      this.#timer = setInterval(() => this.#look(), lookEvery).unref();
    }, after).unref();
  }

  /**
   * Starts to return memory of this process; null where that is not supported.
   *
   * @param after when to return memory for the first time, in milliseconds from now
   */
  static start(after = firstAfter): UnusedMemory | null {
    const calls = systemCalls();
    return calls === null ? null : new UnusedMemory(calls, after);
  }

  /** Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    if (process.memoryUsage.rss() > this.#rest + growth) this.#return();
  }

  #return(): void {
    this.#calls.trim(0);
    for (const [from, to] of cleanProgramPages()) this.#calls.advise(from, Number(to - from), MADV_DONTNEED);
    this.#rest = process.memoryUsage.rss();
  }
}

/**
 * The ranges of addresses at which Node.js's program is mapped read-only and unchanged (proc_pid_smaps(5)). Only pages that
 * are the same in the file may be unmapped: `Anonymous` counts those that are not.
 */
function* cleanProgramPages(): Generator<readonly [bigint, bigint]> {
  let smaps: string;
  try {
    smaps = readFileSync('/proc/self/smaps', 'utf8');
  } catch {
    // A sandbox or a container hides it.
    return;
  }
  let range: readonly [bigint, bigint] | null = null;
  for (const line of smaps.split('\n')) {
    const [, from, to, rights, path] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ +(.*)$/.exec(line) ?? [];
    if (from !== undefined) {
      const isProgram = path === process.execPath && /^r-.p$/.test(rights ?? '');
      range = isProgram ? [BigInt(`0x${from}`), BigInt(`0x${to ?? from}`)] : null;
    } else if (range !== null && /^Anonymous: +0 kB$/.test(line)) yield range;
  }
}

function systemCalls(): SystemCalls | null {
  if (process.platform !== 'linux') return null;
  try {
    const library = load(null);
    return {
      trim: library.func('int malloc_trim(size_t pad)') as SystemCalls['trim'],
      advise: library.func('int madvise(uint64_t address, size_t length, int advice)') as SystemCalls['advise'],
    };
  } catch {
    // musl has no malloc_trim.
    return null;
  }
}

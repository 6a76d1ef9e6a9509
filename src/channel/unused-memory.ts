import { readFile } from 'node:fs/promises';
import { load } from 'koffi';

/** How long after the start most of what only the start needs has run, in milliseconds. */
const firstAfter = 10_000;
/** How often to look whether the process has grown since, in milliseconds. */
const lookEvery = 30_000;
/** What grows again each time is in use: it is looked at ever less often, after at most this time, in milliseconds. */
const longestWait = 600_000;
/** The growth that is worth a try, in bytes of resident memory. */
const growth = 6 * 1024 * 1024;

/** Linux: `<asm-generic/mman-common.h>`. */
const MADV_DONTNEED = 4;

/** malloc_trim(3) and madvise(2). */
interface SystemCalls {
  readonly trim: (pad: number) => number;
  readonly advise: (address: bigint, length: number, advice: number) => number;
}

/**
 * Returns memory that this process holds without need: ten seconds after the start, and later if it has grown. A try takes
 * some milliseconds. Does nothing where the C library or the kernel does not support it.
 *
 * - malloc keeps freed memory that lies between memory in use. Loading code leaves 7 MB of it.
 * - A third of Node.js's own program, 30 MB, is mapped because the start ran it once, and so are parts of libraries, 9 MB
 *   after the first page. Unmapped pages stay in the kernel's page cache while there is room, and come back when they are
 *   used.
 */
export class UnusedMemory {
  readonly #calls: SystemCalls;
  #timer: NodeJS.Timeout;
  #wait = lookEvery;
  /** The resident memory after the last try, in bytes. */
  #rest = 0;

  private constructor(calls: SystemCalls, after: number) {
    this.#calls = calls;
    this.#timer = setTimeout(() => this.#look(), after).unref();
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
    const hasGrown = process.memoryUsage.rss() > this.#rest + growth;
    if (hasGrown) void this.#return();
    this.#timer = setTimeout(() => this.#look(), this.#wait).unref();
    this.#wait = hasGrown ? Math.min(2 * this.#wait, longestWait) : lookEvery;
  }

  async #return(): Promise<void> {
    const ranges = await cleanFilePages();
    this.#calls.trim(0);
    for (const { from, length } of ranges) this.#calls.advise(from, length, MADV_DONTNEED);
    this.#rest = process.memoryUsage.rss();
  }
}

/** A range of addresses of this process. */
interface Range {
  readonly from: bigint;
  /** In bytes. */
  readonly length: number;
}

/**
 * The ranges at which files are mapped read-only and unchanged (proc_pid_smaps(5)): the program and its libraries. Only pages
 * that are the same in the file may be unmapped: `Anonymous` counts those that are not.
 */
async function cleanFilePages(): Promise<readonly Range[]> {
  // The kernel takes 15 ms for the file, in a thread. A sandbox or a container may hide it.
  const smaps = await readFile('/proc/self/smaps', 'utf8').catch(() => '');
  const ranges: Range[] = [];
  let range: Range | null = null;
  for (const line of smaps.split('\n')) {
    const [, from, to, rights, path] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ (.*)$/.exec(line) ?? [];
    if (from !== undefined) {
      const start = BigInt(`0x${from}`);
      const isFile = path?.trimStart().startsWith('/') === true && /^r-.p$/.test(rights ?? '');
      range = isFile ? { from: start, length: Number(BigInt(`0x${to ?? from}`) - start) } : null;
    } else if (range !== null && /^Anonymous: +0 kB$/.test(line)) ranges.push(range);
  }
  return ranges;
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

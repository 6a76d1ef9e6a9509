import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The resources that a process uses. */
export interface Footprint {
  /** Resident memory in bytes. */
  readonly rss: number;
  /** The part of it that no file contains, in bytes: pages of programs and libraries come and go. */
  readonly anonymous: number;
  readonly threads: number;
  /** The targets of its file descriptors, sorted: paths, without numbers of processes, or kinds such as `socket`. */
  readonly descriptors: readonly string[];
}

/** Measures a running process through /proc. */
export function footprint(pid: number): Footprint {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const descriptors = readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      return [target.replace(/:\[\d+\]$/, '').replace(/^\/proc\/\d+/, '/proc/PID')];
    } catch {
      return []; // closed meanwhile
    }
  });
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    rss: kilobytes('VmRSS') * 1_024,
    anonymous: kilobytes('RssAnon') * 1_024,
    threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1]),
    descriptors: descriptors.sort(),
  };
}

/** Returns the median. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second of the CPU times in /proc (USER_HZ, 100 on every port of Linux). */
const ticks = 100;
/** Bytes of a memory page. */
const page = 4_096;

/** The usage of a process tree. */
export interface Usage {
  /** User and system CPU time since the start of each process, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory now, in MB; shared pages count in each process. */
  readonly rssMb: number;
}

/** The running processes of the trees with these roots. */
export function treeOf(roots: readonly number[]): number[] {
  return [...readTree(roots).keys()];
}

/**
 * The CPU time of the running threads of these processes since their start, in milliseconds with a resolution of
 * nanoseconds (`schedstat` in proc(5)). {@link treeUsage} has a resolution of ticks, which is too coarse for a second.
 */
export function exactCpuMs(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
      }
    } catch {
      // The process has ended.
    }
  }
  return nanoseconds / 1e6;
}

/** The memory of one process. */
export interface ProcessMemory {
  readonly pid: number;
  /** Its command line, with spaces between the arguments. */
  readonly command: string;
  /** Its proportional share (PSS): pages that N processes share count as 1/N of a page in each. In MB of 2^20 bytes. */
  readonly pssMb: number;
}

/** The memory of each running process of the trees with these roots (proc_pid_smaps(5)). */
export function treeMemory(roots: readonly number[]): ProcessMemory[] {
  return treeOf(roots).flatMap((pid) => {
    try {
      const kilobytes = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return kilobytes === undefined ? [] : [{ pid, command, pssMb: Number(kilobytes) / 1_024 }];
    } catch {
      // The process has ended.
      return [];
    }
  });
}

/** The sum of {@link treeMemory}. */
export function treePssMb(roots: readonly number[]): number {
  return treeMemory(roots).reduce((sum, { pssMb }) => sum + pssMb, 0);
}

/** Reads the usage of the trees with these roots from /proc (proc(5)). */
export function treeUsage(roots: readonly number[]): Usage {
  let cpuTicks = 0;
  let pages = 0;
  for (const fields of readTree(roots).values()) {
    cpuTicks += Number(fields[11]) + Number(fields[12]);
    pages += Number(fields[21]);
  }
  return { cpuMs: (cpuTicks * 1_000) / ticks, rssMb: (pages * page) / 1e6 };
}

/** The running processes of the trees, with their fields of /proc/PID/stat. */
function readTree(roots: readonly number[]): Map<number, string[]> {
  const children = new Map<number, number[]>();
  const stats = new Map<number, string[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(Number(name));
    if (fields === null) continue;
    stats.set(Number(name), fields);
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = new Map<number, string[]>();
  const todo = [...roots];
  for (let pid = todo.pop(); pid !== undefined; pid = todo.pop()) {
    todo.push(...(children.get(pid) ?? []));
    const fields = stats.get(pid);
    if (fields !== undefined) tree.set(pid, fields);
  }
  return tree;
}

/** The fields of /proc/PID/stat after the name, beginning with the state; null if the process has ended. */
function statOf(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return null;
  }
}

import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of a second, as Linux counts CPU time in /proc (USER_HZ, 100 on every port). */
const ticks = 100;
/** Bytes of a memory page. */
const page = 4_096;

/** What a program and all that it started have used. */
export interface Usage {
  /** CPU time since their start, user and system, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory now, in MB; shared pages count in each process. */
  readonly rssMb: number;
}

/** These processes and all that they started and that run now. */
export function treeOf(roots: readonly number[]): number[] {
  return [...readTree(roots).keys()];
}

/**
 * The CPU time of processes' threads that run now, since their start, in milliseconds and exact to the nanosecond
 * (`schedstat` in proc(5)), where {@link treeUsage} knows ticks: for differences of a second.
 */
export function exactCpuMs(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return nanoseconds / 1e6;
}

/** Reads the usage of these processes and of all that they started from /proc (proc(5)). */
export function treeUsage(roots: readonly number[]): Usage {
  let cpuTicks = 0;
  let pages = 0;
  for (const fields of readTree(roots).values()) {
    cpuTicks += Number(fields[11]) + Number(fields[12]);
    pages += Number(fields[21]);
  }
  return { cpuMs: (cpuTicks * 1_000) / ticks, rssMb: (pages * page) / 1e6 };
}

/** The tree's processes that run now, and the fields of each. */
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

/** The fields of /proc/PID/stat behind the name, from the state on; null if the process is gone. */
function statOf(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return null;
  }
}

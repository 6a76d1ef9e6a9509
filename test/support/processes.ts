import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** The variable that marks a process that a test started, and all that descend from it. */
export const markVariable = 'TEST_PROCESS_MARK';

/** A process as found in /proc. */
export interface FoundProcess {
  readonly pid: number;
  /** Its arguments, divided by blanks. */
  readonly command: string;
}

/** The running processes that carry a mark; empty where there is no /proc. */
export function processesMarked(mark: string): readonly FoundProcess[] {
  return pids().flatMap((pid) => {
    const environment = read(pid, 'environ');
    return environment.split('\0').includes(`${markVariable}=${mark}`)
      ? [{ pid, command: read(pid, 'cmdline').replaceAll('\0', ' ').trim() }]
      : [];
  });
}

/** The pids of the direct children of a process; empty where there is no /proc. */
export function childrenOf(parent: number): readonly number[] {
  // The program's name, in brackets, may hold blanks; behind it stand the state and the parent.
  return pids().filter(
    (pid) =>
      Number(
        read(pid, 'stat')
          .replace(/^.*\) /s, '')
          .split(' ')[1],
      ) === parent,
  );
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Resolves when the process has ended, at once if it has already. */
export async function ending(child: ChildProcess): Promise<Ending> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

function pids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** A file of a process; empty when it has ended meanwhile or belongs to somebody else. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

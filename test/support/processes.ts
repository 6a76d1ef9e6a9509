import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** The environment variable that marks a process started by a test, and all of its descendants. */
export const markVariable = 'TEST_PROCESS_MARK';

/** Has the server pass the mark, and the options of our fake devices, to its captures. */
export const passedToCaptures = { PORTHOLE_CAPTURE_ENV: `${markVariable},FAKECAM_*,FAKEMIC_*,MODECAM_*` };

/** A process as found in /proc. */
export interface FoundProcess {
  readonly pid: number;
  /** Its arguments, separated by spaces. */
  readonly command: string;
}

/** Returns the running processes with a mark; empty without /proc. */
export function processesMarked(mark: string): readonly FoundProcess[] {
  return pids().flatMap((pid) => {
    const environment = read(pid, 'environ');
    return environment.split('\0').includes(`${markVariable}=${mark}`)
      ? [{ pid, command: read(pid, 'cmdline').replaceAll('\0', ' ').trim() }]
      : [];
  });
}

/** Returns the pids of the direct children of a process; empty without /proc. */
export function childrenOf(parent: number): readonly number[] {
  // The name of the program, in brackets, may contain spaces; the state and the parent follow it.
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

/** Resolves when the process has exited, or at once if it already has. */
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

/** Reads a file of a process; empty if the process has exited or belongs to another user. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

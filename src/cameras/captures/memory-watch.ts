import { closeSync, openSync, readSync } from 'node:fs';
import { totalmem } from 'node:os';
import { cameraLimits } from '../../domain/cameras/camera-limits.ts';

/**
 * How often the memory of a process is read, in milliseconds: often once it uses a quarter of its limit. Before that, a
 * camera on gigabit Ethernet can't fill the rest between two looks.
 */
const interval = { usual: 1_000, close: 200 };
/** The limit is not below this, in bytes, on machines with little memory. */
const least = 256 * 1024 * 1024;

/**
 * Watches the memory of a child process. A limit of the kernel does not suit: RLIMIT_AS and RLIMIT_DATA count what V8
 * only reserves, half a gigabyte for each thread with JavaScript, and a container's limit is the server's as well.
 * Without /proc it does nothing.
 */
export class MemoryWatch implements Disposable {
  #timer: NodeJS.Timeout | null = null;
  /** `/proc/PID/status`, open: it stands for this process even when its number is used again. Null once closed. */
  #file: number | null;

  private constructor(file: number | null, limit: number, exceeded: (bytes: number) => void) {
    this.#file = file;
    const buffer = Buffer.allocUnsafeSlow(4_096);
    const look = (): void => {
      const used = this.#file === null ? null : memoryIn(this.#file, buffer);
      if (used !== null && used <= limit) {
        this.#timer = setTimeout(look, used < limit / 4 ? interval.usual : interval.close).unref();
        return;
      }
      this[Symbol.dispose]();
      if (used !== null) exceeded(used);
    };
    this.#timer = setTimeout(look, interval.close).unref();
  }

  /**
   * @param most how many bytes it may use; null for {@link cameraLimits.captureMemory}, or half of this machine's memory
   * @param exceeded called once with the number of bytes that it uses, if it uses more
   */
  static start(pid: number, most: number | null, exceeded: (bytes: number) => void): MemoryWatch {
    const limit = most ?? Math.min(cameraLimits.captureMemory, Math.max(least, memoryOfMachine() / 2));
    return new MemoryWatch(openStatus(pid), limit, exceeded);
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

/** The memory of a container if it has a limit, else of the machine, in bytes. */
function memoryOfMachine(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Opens the kernel's status of a process (proc_pid_status(5)); null if the process has ended, or without /proc. */
function openStatus(pid: number): number | null {
  try {
    return openSync(`/proc/${pid}/status`, 'r');
  } catch {
    return null;
  }
}

/**
 * The memory of a process that is not shared with files, in bytes; null if the process has ended.
 *
 * @param buffer for the file's text
 */
function memoryIn(status: number, buffer: Buffer): number | null {
  try {
    const text = buffer.toString('latin1', 0, readSync(status, buffer, 0, buffer.length, 0));
    return (kilobytesIn(text, '\nRssAnon:') + kilobytesIn(text, '\nVmSwap:')) * 1024;
  } catch {
    return null;
  }
}

/** The number after a label; 0 without it. */
function kilobytesIn(text: string, label: string): number {
  const at = text.indexOf(label);
  return at === -1 ? 0 : Number.parseInt(text.slice(at + label.length, at + label.length + 32), 10);
}

import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { cameraLimits } from '../../domain/camera-limits.ts';

/** How often the memory of a process is read, in milliseconds. Data that a camera sends meanwhile is added. */
const interval = 200;
/** The limit is not below this, in bytes, on machines with little memory. */
const least = 256 * 1024 * 1024;

/**
 * Watches the memory of a child process. A limit of the kernel does not suit: RLIMIT_AS and RLIMIT_DATA count what V8
 * only reserves, half a gigabyte for each thread with JavaScript, and a container's limit is the server's as well.
 * Without /proc it does nothing.
 */
export class MemoryWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;

  private constructor(timer: NodeJS.Timeout) {
    this.#timer = timer;
  }

  /**
   * @param most how many bytes it may use; null for {@link cameraLimits.captureMemory}, or half of this machine's memory
   * @param exceeded called once with the number of bytes that it uses, if it uses more
   */
  static start(pid: number, most: number | null, exceeded: (bytes: number) => void): MemoryWatch {
    const limit = most ?? Math.min(cameraLimits.captureMemory, Math.max(least, memoryOfMachine() / 2));
    const timer = setInterval(() => {
      const used = memoryOf(pid);
      if (used !== null && used <= limit) return;
      clearInterval(timer);
      if (used !== null) exceeded(used);
    }, interval).unref();
    return new MemoryWatch(timer);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** The memory of a container if it has a limit, else of the machine, in bytes. */
function memoryOfMachine(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** The memory of a process that is not shared with files, in bytes (proc_pid_status(5)); null if it has ended. */
function memoryOf(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    return (kilobytes('RssAnon') + kilobytes('VmSwap')) * 1024;
  } catch {
    return null;
  }
}

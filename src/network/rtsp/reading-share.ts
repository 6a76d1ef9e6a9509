import type { Socket } from 'node:net';

/** How much of the process's time reading may take. */
const share = 0.25;
/** How much it may take at once, such as for a keyframe, in milliseconds. */
const burst = 250;

/**
 * Keeps one camera from taking the time of a process that has other things to do. A camera that sends more than can be
 * read in its share of the time is slowed down by TCP.
 */
export class ReadingShare implements Disposable {
  readonly #socket: Socket;
  /** Milliseconds that may still be spent, at {@link #at}. */
  #left = burst;
  #at = performance.now();
  /** Time that is not spent on reading. */
  #excluded = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** True while the camera has to wait. */
  get isSpent(): boolean {
    return this.#timer !== undefined;
  }

  /** Reads, and charges the time. */
  charge<Argument>(read: (argument: Argument) => void, argument: Argument): void {
    const begin = performance.now();
    this.#excluded = 0;
    try {
      read(argument);
    } finally {
      const now = performance.now();
      this.#left = Math.min(burst, this.#left + (now - this.#at) * share) - Math.max(0, now - begin - this.#excluded);
      this.#at = now;
      if (this.#left < 0 && this.#timer === undefined) this.#pause();
    }
  }

  /** Does something else while reading, which costs as much as is given, in milliseconds. */
  apart<Argument>(act: (argument: Argument) => void, argument: Argument, cost: number): void {
    const begin = performance.now();
    act(argument);
    this.#excluded += performance.now() - begin - cost;
  }

  #pause(): void {
    this.#socket.pause();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#socket.resume();
    }, -this.#left / share);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

import { uptime } from 'node:os';

/** Differences below this are drift, or a clock that is slowly corrected (ms). */
const tolerance = 60_000;
/** No machine sleeps for a shorter time (ms). */
const shortestSleep = 1_000;

/**
 * Notices that somebody set the machine's clock while this process runs: the wall clock and the monotonic clock disagree
 * on how much time has passed, and the machine has not slept for as long.
 */
export class ClockJumps {
  readonly #wall: () => number;
  readonly #steady: () => number;
  readonly #sinceBoot: () => number;
  /** Wall clock minus monotonic clock. */
  #offset: number;
  /** How long the machine has slept since it was started. */
  #slept: number;

  /**
   * All in milliseconds.
   *
   * @param steady the monotonic clock, which stands still while the machine sleeps
   * @param sinceBoot the same, but it goes on then; asked only if the others disagree
   */
  constructor(
    wall: () => number = () => Date.now(),
    steady: () => number = () => performance.now(),
    sinceBoot: () => number = () => uptime() * 1_000,
  ) {
    this.#wall = wall;
    this.#steady = steady;
    this.#sinceBoot = sinceBoot;
    this.#offset = wall() - steady();
    this.#slept = sinceBoot() - steady();
  }

  /** What time it would be if the clock had not been set, in milliseconds since the epoch; null if it was not set. */
  unjumped(): number | null {
    const steady = this.#steady();
    const offset = this.#wall() - steady;
    if (Math.abs(offset - this.#offset) > shortestSleep) this.#noteSleep();
    if (Math.abs(offset - this.#offset) > tolerance) return steady + this.#offset;
    this.#offset = offset;
    return null;
  }

  /** From now on, the clock as it is counts as not set. */
  settle(): void {
    this.#noteSleep();
    this.#offset = this.#wall() - this.#steady();
  }

  #noteSleep(): void {
    const slept = this.#sinceBoot() - this.#steady();
    this.#offset += slept - this.#slept;
    this.#slept = slept;
  }
}

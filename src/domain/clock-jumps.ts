/** Differences below this are drift, or a clock that is slowly corrected (ms). */
const tolerance = 60_000;

/**
 * Notices that somebody set the machine's clock while this process runs: the wall clock and the monotonic clock disagree
 * on how much time has passed.
 */
export class ClockJumps {
  readonly #wall: () => number;
  readonly #steady: () => number;
  /** Wall clock minus monotonic clock. */
  #offset: number;

  constructor(wall: () => number = () => Date.now(), steady: () => number = () => performance.now()) {
    this.#wall = wall;
    this.#steady = steady;
    this.#offset = wall() - steady();
  }

  /** What time it would be if the clock had not been set, in milliseconds since the epoch; null if it was not set. */
  unjumped(): number | null {
    const steady = this.#steady();
    const offset = this.#wall() - steady;
    if (Math.abs(offset - this.#offset) > tolerance) return steady + this.#offset;
    this.#offset = offset;
    return null;
  }

  /** From now on, the clock as it is counts as not set. */
  settle(): void {
    this.#offset = this.#wall() - this.#steady();
  }
}

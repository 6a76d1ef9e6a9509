/** A frame that begins at most this far from the end of the previous one follows it without a gap, in seconds. */
const tolerance = 1 / 100;

/**
 * The times of consecutive audio frames of equal length. Capture times are rounded, and a gap of one sample would be
 * audible. So each frame begins where the previous one ended, unless it was captured more than 10 ms before or after
 * that.
 */
export class EvenTicks {
  readonly #length: number;
  readonly #tolerance: number;
  /** Where the last frame ends, in ticks; -Infinity before the first. */
  #end = -Infinity;

  /**
   * @param rate ticks per second
   * @param length ticks per frame
   */
  constructor(rate: number, length: number) {
    this.#length = length;
    this.#tolerance = rate * tolerance;
  }

  /** Where the last frame ends, in ticks; -Infinity before the first. */
  get end(): number {
    return this.#end;
  }

  /**
   * Places the next frame.
   *
   * @param captured when it was captured, in ticks
   * @returns when it begins, in ticks
   */
  place(captured: number): number {
    const start = Math.abs(captured - this.#end) <= this.#tolerance ? this.#end : captured;
    this.#end = start + this.#length;
    return start;
  }
}

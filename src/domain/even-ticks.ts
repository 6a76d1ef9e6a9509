/** Pieces that are at most this far from where the one before ended follow it without a gap, in seconds. */
const tolerance = 1 / 100;

/**
 * The times of consecutive pieces of audio of equal length. Capture times are rounded, and a gap of one sample would be
 * audible. So each piece begins where the one before ended, unless it was captured more than 10 ms before or after that.
 */
export class EvenTicks {
  readonly #length: number;
  readonly #tolerance: number;
  /** Where the last piece ends, in ticks; -Infinity before the first. */
  #end = -Infinity;

  /**
   * @param rate ticks per second
   * @param length ticks per piece
   */
  constructor(rate: number, length: number) {
    this.#length = length;
    this.#tolerance = rate * tolerance;
  }

  /** Where the last piece ends, in ticks; -Infinity before the first. */
  get end(): number {
    return this.#end;
  }

  /**
   * Places the next piece.
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

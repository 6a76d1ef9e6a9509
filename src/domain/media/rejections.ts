/** Frames are considered unusable in general once this many in a row were, */
const fewest = 3;
/** over this time, in milliseconds: single damaged frames are normal, and viewers should not wait longer for a reason. */
const longest = 3_000;

/** Decides when a source's frames have been unusable for so long that viewers should be told. */
export class Rejections {
  #count = 0;
  #since = 0;

  /** The capture time of the first frame of the current row of unusable ones, in milliseconds. */
  get since(): number {
    return this.#since;
  }

  /**
   * Notes an unusable frame.
   *
   * @param capturedAt in milliseconds
   * @returns true if only unusable frames have arrived for a while
   */
  add(capturedAt: number): boolean {
    if (this.#count === 0) this.#since = capturedAt;
    this.#count += 1;
    return this.#count >= fewest && capturedAt - this.#since >= longest;
  }

  /** Notes a usable frame. */
  clear(): void {
    this.#count = 0;
  }
}

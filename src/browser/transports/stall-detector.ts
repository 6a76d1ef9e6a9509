/** What came another way, and not this one, for so long condemns this one, in milliseconds. */
const enough = 1_000;

/**
 * Tells a way that brings nothing from a camera that has nothing to bring: only pictures that keep coming another way,
 * with none on this one in between, are held against it.
 */
export class StallDetector {
  #first: number | null = null;
  #last = 0;

  /** A picture came another way. */
  cameOtherwise(now: number): void {
    this.#first ??= now;
    this.#last = now;
  }

  /** A picture came on the way itself, or something else begins anew. */
  clear(): void {
    this.#first = null;
  }

  /** True if the way is to blame. */
  get isProven(): boolean {
    return this.#first !== null && this.#last - this.#first >= enough;
  }
}

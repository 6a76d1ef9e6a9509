/** If frames arrive on another transport but not on this one for this long, this one has stalled (ms). */
const stallMs = 1_000;

/**
 * Tells a stalled transport from a camera that has nothing to send. A transport has stalled only if frames keep arriving
 * on another transport and none arrives on this one in between.
 */
export class StallDetector {
  #first: number | null = null;
  #last = 0;

  /**
   * Notes a frame on the other transport.
   *
   * @param now milliseconds of any clock
   */
  otherFrame(now: number): void {
    this.#first ??= now;
    this.#last = now;
  }

  /** Starts over: a frame arrived on the watched transport, or the comparison ends. */
  clear(): void {
    this.#first = null;
  }

  /** True if the watched transport has stalled. */
  get stalled(): boolean {
    return this.#first !== null && this.#last - this.#first >= stallMs;
  }
}

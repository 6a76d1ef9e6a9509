/** Lets frames through evenly at no more than a wanted rate, by their capture times. */
export class FrameRateLimiter {
  readonly #interval: number;
  #next = -Infinity;

  /** @param fps frames per second; without it every frame is due */
  constructor(fps: number | undefined) {
    this.#interval = fps === undefined ? 0 : 1_000 / fps;
  }

  /** True if a frame captured at this time, in milliseconds, should be shown. */
  due(capturedAt: number): boolean {
    if (this.#interval === 0) return true;
    // Capture times jitter, so a frame that is early by less than a quarter of the interval is not too early.
    if (capturedAt < this.#next - this.#interval / 4) return false;
    this.#next = Math.max(this.#next + this.#interval, capturedAt + this.#interval / 2);
    return true;
  }
}

/** The longest time between two keyframes, in milliseconds: what a viewer who has lost one waits for. */
const longest = 2_000;
/**
 * The least time between two keyframes, in milliseconds, however many are asked for: each is many times as large as
 * another picture. Whoever comes within it can be given the pictures since the last one instead.
 */
const least = 300;

/** Decides which pictures of an encoder are keyframes; told by capture times, not by a timer of its own. */
export class KeyframePolicy {
  #last = -Infinity;
  #requested = false;

  /** Somebody needs one. */
  request(): void {
    this.#requested = true;
  }

  /** True if the picture captured at this time, in milliseconds, shall be a keyframe. */
  isDue(capturedAt: number): boolean {
    const since = capturedAt - this.#last;
    return since >= longest || (this.#requested && since >= least);
  }

  /** The picture captured at this time became one. */
  made(capturedAt: number): void {
    this.#last = capturedAt;
    this.#requested = false;
  }
}

/** The maximum time between two keyframes, in milliseconds: how long a viewer that has lost one may have to wait. */
const maxInterval = 2_000;
/**
 * The minimum time between two keyframes, in milliseconds, however many are requested: a keyframe is many times as
 * large as other frames. A viewer that joins sooner can be sent the current GOP instead.
 */
const minInterval = 300;

/** Decides which frames of an encoder become keyframes. It uses capture times, not a timer. */
export class KeyframePolicy {
  #last = -Infinity;
  #requested = false;

  /** Requests a keyframe. */
  request(): void {
    this.#requested = true;
  }

  /** True if the frame with this capture time, in milliseconds, must be a keyframe. */
  isDue(capturedAt: number): boolean {
    const since = capturedAt - this.#last;
    return since >= maxInterval || (this.#requested && since >= minInterval);
  }

  /** Notes that the frame with this capture time became a keyframe. */
  made(capturedAt: number): void {
    this.#last = capturedAt;
    this.#requested = false;
  }
}

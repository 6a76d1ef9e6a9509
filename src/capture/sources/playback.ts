/** A time stamp that is further away than this, and than some frames last, is a jump; in milliseconds. */
const longestGap = 10_000;
/** The number of frames that may be missing in a row before a gap counts as a jump. */
const mostMissing = 3;

/** When the frames of a file that plays in a loop are due, in milliseconds of the caller's clock. */
export class Playback {
  /** When the current loop started. */
  #start: number;
  /** When the last frame was due; null before the first. */
  #due: number | null = null;
  /** The time stamp of the loop's first frame; null before it. Files need not start at 0. */
  #offset: number | null = null;

  constructor(now: number) {
    this.#start = now;
  }

  /** Starts the next loop. @param interval how long the last frame lasts */
  rewind(interval: number): void {
    this.#start = (this.#due ?? this.#start) + interval;
    this.#offset = null;
  }

  /** When something with this time stamp is due; null before the loop's first frame. */
  timeOf(stamp: number): number | null {
    return this.#offset === null ? null : this.#start + stamp - this.#offset;
  }

  /**
   * When the next frame is due. A file without time stamps plays at its frame rate. After a jump in the time stamps, or
   * after the machine slept, playback continues with the next frame.
   *
   * @param stamp its time stamp, in milliseconds; null without
   * @param interval how long a frame usually lasts
   */
  next(stamp: number | null, interval: number, now: number): number {
    const following = this.#due === null ? now : this.#due + interval;
    if (stamp === null) return (this.#due = now - following < longestGap ? following : now);
    this.#offset ??= stamp;
    const due = this.#start + stamp - this.#offset;
    if (Math.abs(due - now) < Math.max(longestGap, mostMissing * interval)) return (this.#due = due);
    const next = Math.max(now, following);
    this.#start += next - due;
    return (this.#due = next);
  }
}

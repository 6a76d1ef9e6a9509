/** Playback position and buffer of a live stream, in seconds on its timeline. */
export interface Buffered {
  readonly position: number;
  /** Start of the newest contiguous range. */
  readonly start: number;
  /** End of the newest contiguous range. */
  readonly end: number;
}

/** A correction of playback. */
export interface Step {
  /** Position to seek to; left out if no seek is needed. */
  readonly seek?: number;
  /** Playback rate. */
  readonly rate: number;
}

/** Distance to keep behind the newest frame: initial, minimum and maximum (s). */
const distance = { first: 0.06, least: 0.04, most: 0.4 } as const;
/** Beyond this distance the player seeks instead of playing faster (s). */
const farthest = 1;
/** After this long without a stall the distance shrinks again (ms). */
const calm = 10_000;

/**
 * Keeps a player at the live edge: slightly behind the newest frame, to absorb network jitter, and further behind for a
 * while after each stall. It plays faster to catch up, and seeks when it is far behind or at a gap.
 */
export class LiveEdge {
  #distance: number = distance.first;
  #calmSince = 0;

  /** Distance to keep behind the newest frame (s). */
  get distance(): number {
    return this.#distance;
  }

  /** Notes that playback stalled. */
  stalled(now: number): void {
    this.#distance = Math.min(distance.most, this.#distance * 1.5);
    this.#calmSince = now;
  }

  /** The correction to make now; `now` is in milliseconds of any clock. */
  next({ position, start, end }: Buffered, now: number): Step {
    if (now - this.#calmSince > calm) {
      this.#distance = Math.max(distance.least, this.#distance * 0.8);
      this.#calmSince = now;
    }
    const goal = Math.max(start, end - this.#distance);
    const behind = end - position;
    if (position < start - 0.001 || behind > farthest || behind < -0.5) return { seek: goal, rate: 1 };
    if (behind > this.#distance + 0.35) return { rate: 1.25 };
    if (behind > this.#distance + 0.08) return { rate: 1.08 };
    return { rate: 1 };
  }
}

/** What is buffered of a live stream, in seconds of its timeline. */
export interface Buffered {
  /** What is being shown. */
  readonly position: number;
  /** The newest stretch without a gap. */
  readonly start: number;
  readonly end: number;
}

/** What to do to be where a live picture ought to be. */
export interface Step {
  /** Where to go; left out if the present place is fine. */
  readonly seek?: number;
  /** How fast to play. */
  readonly rate: number;
}

/** How far behind the newest picture to play, in seconds: at first, at least and at most. */
const distance = { first: 0.06, least: 0.04, most: 0.4 } as const;
/** Further behind than this the player jumps instead of playing faster, in seconds. */
const farthest = 1;
/** How long it takes without a stall until the distance shrinks again, in milliseconds. */
const calm = 10_000;

/**
 * Keeps a player at the live edge: a little behind the newest picture, so that small delays on the way are not seen, and
 * further behind for a while after each stall. It plays faster to catch up, slower when it runs dry, and jumps when it is
 * far behind or before a gap.
 */
export class LiveEdge {
  #distance: number = distance.first;
  #calmSince = 0;

  /** How far behind the newest picture it shall be, in seconds. */
  get distance(): number {
    return this.#distance;
  }

  /** The player ran dry. */
  stalled(now: number): void {
    this.#distance = Math.min(distance.most, this.#distance * 1.5);
    this.#calmSince = now;
  }

  /** What to do now; `now` in milliseconds of any clock. */
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

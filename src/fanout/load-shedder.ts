import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import type { Broadcast } from './broadcast.ts';

/** A frame that comes sooner after a round than this share of how long the round took is one that the machine is late for. */
const spare = 1 / 2;
/** How often the event loop turns before a late round, for requests, new connections and all else. */
const turns = 10;
/**
 * It turns on while there is something to do, for up to this share of how long the last round took: in each turn it takes
 * one new connection at most (libuv since 1.45), and a rush of viewers brings thousands.
 */
const forOthers = 1 / 2;
/** So many viewers that are given their first frame between two others are a rush. */
const rush = 8;
/** In a rush frames wait while there is something to do, up to so long, in milliseconds. */
const forNewcomers = 100;
/** A turn in which nothing was done takes less than this, in milliseconds. */
const idleTurn = 0.05;

/**
 * Gives frames to Broadcasts in rounds, and bends where there are more viewers than the machine can serve. With time to
 * spare every frame is a round of its own, at once. Without it frames wait while the event loop turns some times, the
 * newest of each Broadcast, and go out together in the next round. So all viewers skip the same frames, none is given an
 * old one, and pages still answer; and where nothing else is to be done, no time is lost.
 *
 * In a rush of viewers frames wait longer, for those who have no picture yet: a third of the time would else go to those
 * who have one.
 */
export class LoadShedder {
  readonly #now: () => number;
  /** What waits: one keyframe (a JPEG always is one) and what was coded upon it. */
  readonly #waiting = new Map<Broadcast, Frame[]>();
  /** Until when a frame that comes is late, in milliseconds of the clock. */
  #late = -Infinity;
  /** How long the last round took, in milliseconds. */
  #took = 0;
  #scheduled = false;

  /** @param now the clock, in milliseconds */
  constructor(now: () => number = monotonicNow) {
    this.#now = now;
  }

  /**
   * Publishes a frame, now or in the next round.
   *
   * @returns how many frames it takes the place of, which nobody will see
   */
  publish(broadcast: Broadcast, frame: Frame): number {
    const startedAt = this.#now();
    const isRush = broadcast.newcomers >= rush;
    if (this.#waiting.size === 0 && startedAt >= this.#late && !isRush) {
      broadcast.publish(frame);
      this.#ended(startedAt);
      return 0;
    }
    const waiting = this.#waiting.get(broadcast) ?? [];
    const skipped = frame.keyframe ? waiting.splice(0).length : 0;
    waiting.push(frame);
    this.#waiting.set(broadcast, waiting);
    this.#schedule(isRush);
    return skipped;
  }

  /** Forgets what waits for a Broadcast: its Capture has ended, or nobody watches. */
  forget(broadcast: Broadcast): void {
    this.#waiting.delete(broadcast);
  }

  #schedule(isRush: boolean): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    let last = this.#now();
    const until = last + Math.max(this.#took * forOthers, isRush ? forNewcomers : 0);
    let [turned, idle] = [0, 0];
    const turn = (): void => {
      const now = this.#now();
      turned += 1;
      if (now - last < idleTurn) idle += 1;
      last = now;
      if (idle < turns && (turned < turns || now < until)) setImmediate(turn);
      else this.#round();
    };
    setImmediate(turn);
  }

  #round(): void {
    this.#scheduled = false;
    const startedAt = this.#now();
    for (const [broadcast, frames] of this.#waiting) for (const frame of frames) broadcast.publish(frame);
    this.#waiting.clear();
    this.#ended(startedAt);
  }

  #ended(startedAt: number): void {
    const now = this.#now();
    this.#took = now - startedAt;
    this.#late = now + this.#took * spare;
  }
}

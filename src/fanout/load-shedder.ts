import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import type { Broadcast } from './broadcast.ts';

/** If the next frame comes within this fraction of the last round's duration, the machine is overloaded. */
const spare = 1 / 2;
/** How often the event loop turns before a delayed round, for requests, new connections and everything else. */
const turns = 10;
/**
 * While there is something to do it turns on, for up to this fraction of the last round's duration: each turn accepts at
 * most one new connection (libuv since 1.45), and a rush of viewers brings thousands.
 */
const forOthers = 1 / 2;
/** This many viewers that got their first frame since the last one are a rush. */
const rush = 8;
/** In a rush frames wait while there is something to do, for up to this many milliseconds. */
const forNewcomers = 100;
/** A turn in which nothing was done takes less than this, in milliseconds. */
const idleTurn = 0.05;

/**
 * Publishes frames, and leaves some out where there are more viewers than the machine can serve.
 *
 * With time to spare each frame is published at once: a round of its own. Without it frames wait while the event loop turns
 * some times, only the newest of each Broadcast, and are published together in the next round. So all viewers skip the
 * same frames, none gets an old one, and pages are still answered. Where nothing else is to be done, no time is lost.
 *
 * In a rush of viewers frames wait longer, so that those without a picture get one: the others would otherwise take a
 * third of the time.
 *
 * Only viewers under the policy `newest` skip frames. Those under `every` get each frame at once.
 */
export class LoadShedder {
  readonly #now: () => number;
  /** The frames that wait: one keyframe (each JPEG is one) and those that build on it. */
  readonly #waiting = new Map<Broadcast, Frame[]>();
  /** A frame that comes before this is late, in milliseconds of the clock. */
  #late = -Infinity;
  /** The last round's duration, in milliseconds. */
  #took = 0;
  #scheduled = false;

  /** @param now the clock, in milliseconds */
  constructor(now: () => number = monotonicNow) {
    this.#now = now;
  }

  /**
   * Publishes a frame, now or in the next round.
   *
   * @returns how many frames it replaces, which `newest` viewers won't see
   */
  publish(broadcast: Broadcast, frame: Frame): number {
    broadcast.publishToEvery(frame);
    const startedAt = this.#now();
    const isRush = broadcast.newcomers >= rush;
    if (this.#waiting.size === 0 && startedAt >= this.#late && !isRush) {
      broadcast.publishToNewest(frame);
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

  /** Forgets the waiting frames of a Broadcast: its Capture has ended, or nobody watches. */
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
    for (const [broadcast, frames] of this.#waiting) for (const frame of frames) broadcast.publishToNewest(frame);
    this.#waiting.clear();
    this.#ended(startedAt);
  }

  #ended(startedAt: number): void {
    const now = this.#now();
    this.#took = now - startedAt;
    this.#late = now + this.#took * spare;
  }
}

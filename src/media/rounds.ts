import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import type { Broadcast } from './broadcast.ts';

/** How long the rest of the server has after a round, as a share of how long the round took. */
const rest = 1 / 4;

/**
 * Gives frames to Broadcasts in rounds, and bends where there are more viewers than the machine can serve. After a round
 * requests, new connections and everything else have a moment; frames that come meanwhile wait, the newest of each
 * Broadcast, and go out together in the next round. So all viewers skip the same frames, none is given an old one, and
 * pages still answer. With time to spare every frame is a round of its own, at once.
 */
export class Rounds {
  readonly #now: () => number;
  /** What waits: one keyframe (a JPEG always is one) and what was coded upon it. */
  readonly #waiting = new Map<Broadcast, Frame[]>();
  /** When the next round may begin, in milliseconds of the clock. */
  #next = -Infinity;
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
    if (this.#waiting.size === 0 && startedAt >= this.#next) {
      broadcast.publish(frame);
      this.#ended(startedAt);
      return 0;
    }
    const waiting = this.#waiting.get(broadcast) ?? [];
    const skipped = frame.keyframe ? waiting.splice(0).length : 0;
    waiting.push(frame);
    this.#waiting.set(broadcast, waiting);
    this.#schedule(this.#next - startedAt);
    return skipped;
  }

  /** Forgets what waits for a Broadcast: its Capture has ended, or nobody watches. */
  forget(broadcast: Broadcast): void {
    this.#waiting.delete(broadcast);
  }

  #schedule(wait: number): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const round = (): void => this.#round();
    if (wait < 1) setImmediate(round);
    else setTimeout(round, wait);
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
    this.#next = now + (now - startedAt) * rest;
  }
}

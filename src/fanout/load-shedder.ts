import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/media/frame.ts';
import type { Broadcast } from './broadcast.ts';

/** If the next frame comes within this fraction of the last round's duration, the machine is overloaded. */
const spare = 1 / 2;
/** How often the event loop turns before a delayed round, for requests, new connections and everything else. */
const turns = 10;
/**
 * While other work remains, the event loop keeps turning, for up to this fraction of the last round's duration: each
 * turn accepts at most one new connection (libuv since 1.45), and a rush of viewers brings thousands.
 */
const forOthers = 1 / 2;
/** A rush: this many viewers have received their first frame since the last frame was published. */
const rush = 8;
/** In a rush, frames wait while other work remains, for up to this many milliseconds. */
const forNewcomers = 100;
/** A turn of the event loop that takes less than this is idle, in milliseconds. */
const idleTurn = 0.05;

/**
 * Publishes frames, and leaves some out where there are more viewers than the machine can serve.
 *
 * With time to spare, each frame is published at once. Under overload, the newest frame of each Broadcast waits while
 * the event loop turns a few times, and all are published together in the next round. So all viewers skip the same
 * frames, none gets an old one, and pages still get answers. When no other work remains, the wait is short.
 *
 * In a rush of viewers, frames wait longer, so that new viewers get their first frame: publishing to the others would
 * take a third of the time.
 *
 * Only viewers that get the `newest` frames skip some. Those that get `every` frame get each at once.
 */
export class LoadShedder {
  readonly #now: () => number;
  /** The frames that wait: one keyframe (each JPEG is one) and those that build on it. */
  readonly #waiting = new Map<Broadcast, Frame[]>();
  /** A frame that comes earlier finds the machine busy and waits, in milliseconds of the clock. */
  #busyUntil = -Infinity;
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
    if (this.#waiting.size === 0 && startedAt >= this.#busyUntil && !isRush) {
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
    this.#busyUntil = now + this.#took * spare;
  }
}

import type { CaptureStats } from '../captures/capture.ts';

/** Encoders are overloaded if they leave out more than this share of a camera's frames. */
const mostLeftOut = 0.1;
/** How much more rarely extra Renditions are encoded at most: each 2 ** 6 = 64th frame. */
const mostHalvings = 6;
/** Reports of several cameras within this time count as one, in milliseconds. */
const reportEvery = 900;
/** After this time without overload, extra Renditions are encoded more often again, in milliseconds. */
const calmAfter = 10_000;

/**
 * How often extra Renditions are encoded, for all cameras of a server: they share the machine. While encoders keep up, that
 * is every frame. Under overload it becomes rarer within seconds, so that the frames that each viewer is entitled to are
 * encoded in time.
 */
export class EncodeBudget {
  #halvings = 0;
  #changedAt = -Infinity;
  #overloadedAt = -Infinity;

  /** Extra Renditions are encoded for each n-th frame. */
  get every(): number {
    return 2 ** this.#halvings;
  }

  /**
   * Takes the counts of one camera since its last report.
   *
   * @param now on the monotonic clock, in milliseconds
   */
  report({ captured, dropped }: CaptureStats, now: number): void {
    const isOverloaded = captured > 0 && (dropped.encoder ?? 0) > captured * mostLeftOut;
    if (isOverloaded) this.#overloadedAt = now;
    if (isOverloaded && now - this.#changedAt >= reportEvery) this.#set(this.#halvings + 2, now);
    else if (now - Math.max(this.#overloadedAt, this.#changedAt) >= calmAfter) this.#set(this.#halvings - 1, now);
  }

  #set(halvings: number, now: number): void {
    this.#halvings = Math.min(mostHalvings, Math.max(0, halvings));
    this.#changedAt = now;
  }
}

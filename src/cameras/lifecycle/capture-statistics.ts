import { dropReasons, type DropReason } from '../../domain/media/media.ts';
import { monotonicNow } from '../../domain/clock.ts';
import type { CaptureStats } from '../captures/capture.ts';
import { RateMeter } from './rate-meter.ts';

/** Counts of one Camera since the server started, for metrics, and its measured rate. */
export class CaptureStatistics {
  /** Frames that the source delivered. */
  captured = 0;
  /** How often a Capture failed. */
  restarts = 0;
  readonly dropped: Record<DropReason, number> = { corrupt: 0, encoder: 0, pipe: 0, overload: 0 };
  readonly #rate = new RateMeter();

  /** Frames per second over the last seconds. */
  get fps(): number {
    return this.#rate.rate;
  }

  /** A Capture is live. Its rate is known after two reports: the first one also counts frames from before. */
  started(): void {
    this.#rate.reset();
  }

  /** No Capture runs. */
  stopped(): void {
    this.#rate.reset();
  }

  /** Adds the counts of a Capture since its last report. */
  add({ captured, dropped }: CaptureStats): void {
    this.captured += captured;
    this.#rate.add(captured, monotonicNow());
    for (const reason of dropReasons) this.dropped[reason] += dropped[reason] ?? 0;
  }
}

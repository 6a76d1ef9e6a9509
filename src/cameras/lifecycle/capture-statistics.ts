import { dropReasons, type DropReason, type FromCapture } from '../../channel/messages.ts';
import { monotonicNow } from '../../domain/clock.ts';
import { RateMeter } from './rate-meter.ts';

/** Counts of one Camera since the server started, for metrics, and its measured rate. */
export class CaptureStatistics {
  /** Pictures that the source delivered. */
  captured = 0;
  /** Captures that failed and were started again. */
  restarts = 0;
  readonly dropped: Record<DropReason, number> = { corrupt: 0, encoder: 0, pipe: 0, overload: 0 };
  readonly #rate = new RateMeter();

  /** Pictures per second over the last seconds. */
  get fps(): number {
    return this.#rate.rate;
  }

  /** A Capture is live. */
  started(): void {
    this.#rate.reset();
    this.#rate.add(0, monotonicNow());
  }

  /** No Capture runs. */
  stopped(): void {
    this.#rate.reset();
  }

  /** Adds what a capture process counted since its last message. */
  add({ captured, dropped }: Extract<FromCapture, { type: 'stats' }>): void {
    this.captured += captured;
    this.#rate.add(captured, monotonicNow());
    for (const reason of dropReasons) this.dropped[reason] += dropped[reason] ?? 0;
  }
}

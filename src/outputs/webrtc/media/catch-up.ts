import { monotonicNow } from '../../../domain/clock.ts';
import type { Frame } from '../../../domain/media/frame.ts';

/** Time between two bursts, in milliseconds. */
const interval = 10;
/** If a timer is late, at most this much is made up for, in milliseconds: more would be a burst. */
const mostLate = 50;
/** The least rate, which every connection takes, in bytes per millisecond: 8 Mbit/s. */
const leastRate = 1_000;
/** The GOP is sent at least this many times faster than it was captured. */
const speed = 4;
/** The whole GOP takes at most this long, in milliseconds. */
const longest = 1_000;

/**
 * Sends a GOP to a viewer that joins late or needs a keyframe: faster than it was captured, but not in one burst, which
 * would overflow buffers on the network. New frames queue behind it; a new keyframe replaces everything queued.
 */
export class CatchUp {
  readonly #queue: Frame[];
  readonly #send: (frame: Frame, playAt: number) => void;
  readonly #onDone: () => void;
  /** Bytes per millisecond. */
  readonly #rate: number;
  /** How old the newest frame was at the start, in milliseconds. */
  #lag = 0;
  /** When the next frame is due, in milliseconds of the monotonic clock. */
  #due = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param gop a keyframe and the frames that build on it
   * @param send sends a frame; `playAt` replaces its capture time in its timestamp, so that frames play as fast as they
   *   are sent. It is never in the future.
   * @param onDone called once when the queue is empty
   */
  constructor(gop: readonly Frame[], send: (frame: Frame, playAt: number) => void, onDone: () => void) {
    this.#send = send;
    this.#onDone = onDone;
    this.#queue = [...gop];
    const bytes = gop.reduce((sum, frame) => sum + frame.bytes.length, 0);
    const span = (gop.at(-1)?.capturedAt ?? 0) - (gop[0]?.capturedAt ?? 0);
    this.#rate = Math.max(leastRate, bytes / Math.max(interval, Math.min(longest, span / speed)));
  }

  /** Sends the first frames, and the others from then on. */
  start(): void {
    this.#due = monotonicNow();
    this.#lag = Math.max(0, this.#due - (this.#queue.at(-1)?.capturedAt ?? this.#due));
    this.#sendDue();
  }

  /** Queues the next frame. */
  add(frame: Frame): void {
    if (frame.keyframe) this.#queue.length = 0;
    this.#queue.push(frame);
  }

  /** Sends nothing more. Idempotent. */
  close(): void {
    this.#queue.length = 0;
    clearTimeout(this.#timer);
  }

  #sendDue(): void {
    const now = monotonicNow();
    this.#due = Math.max(this.#due, now - mostLate);
    let sent = 0;
    for (const frame of this.#queue) {
      if (this.#due > now) break;
      this.#send(frame, this.#due - this.#lag);
      this.#due += frame.bytes.length / this.#rate;
      sent += 1;
    }
    this.#queue.splice(0, sent);
    if (this.#queue.length === 0) this.#onDone();
    else this.#timer = setTimeout(() => this.#sendDue(), interval);
  }
}

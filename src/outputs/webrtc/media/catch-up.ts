import { monotonicNow } from '../../../domain/clock.ts';
import type { Frame } from '../../../domain/frame.ts';

/** How often some of it is sent, in milliseconds. */
const interval = 10;
/** What a busy machine is late with is made up for no further back than this, in milliseconds: that would be a burst. */
const mostLate = 50;
/** What every line takes, in bytes a millisecond: 8 Mbit/s. */
const leastRate = 1_000;
/** So many times faster than it was captured it is sent, at least. */
const speed = 4;
/** No more time is taken for what there is at the beginning, in milliseconds. */
const longest = 1_000;

/**
 * A keyframe and all that has followed it, on its way to a viewer that joins late or has lost its way: sent faster than
 * it was captured, but not in one go, which no line between would take. What is captured meanwhile goes behind it, and a
 * keyframe among that takes the place of all that still waits.
 */
export class CatchUp {
  readonly #waiting: Frame[] = [];
  readonly #send: (frame: Frame, playAt: number) => void;
  readonly #onDone: () => void;
  /** Bytes a millisecond. */
  readonly #rate: number;
  /** How old the newest frame was at the beginning. */
  readonly #lag: number;
  /** When the next frame may go, in milliseconds of the monotonic clock. */
  #due: number;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param group a keyframe and what follows it
   * @param send sends a frame; `playAt` takes the place of its capture time where one picture is to follow the other as
   *   they are sent, and is never later than the present
   * @param onDone called once when nothing waits any more
   */
  constructor(group: readonly Frame[], send: (frame: Frame, playAt: number) => void, onDone: () => void) {
    this.#send = send;
    this.#onDone = onDone;
    this.#waiting.push(...group);
    const [first, last] = [group[0], group.at(-1)];
    const bytes = group.reduce((sum, frame) => sum + frame.bytes.length, 0);
    const span = (last?.capturedAt ?? 0) - (first?.capturedAt ?? 0);
    this.#rate = Math.max(leastRate, bytes / Math.max(interval, Math.min(longest, span / speed)));
    this.#due = monotonicNow();
    this.#lag = Math.max(0, this.#due - (last?.capturedAt ?? this.#due));
    this.#go();
  }

  /** Puts the next frame behind the others. */
  add(frame: Frame): void {
    if (frame.keyframe) this.#waiting.length = 0;
    this.#waiting.push(frame);
  }

  /** Sends nothing more. */
  close(): void {
    this.#waiting.length = 0;
    clearTimeout(this.#timer);
  }

  #go(): void {
    const now = monotonicNow();
    this.#due = Math.max(this.#due, now - mostLate);
    let sent = 0;
    for (const frame of this.#waiting) {
      if (this.#due > now) break;
      this.#send(frame, this.#due - this.#lag);
      this.#due += frame.bytes.length / this.#rate;
      sent += 1;
    }
    this.#waiting.splice(0, sent);
    if (this.#waiting.length === 0) this.#onDone();
    else this.#timer = setTimeout(() => this.#go(), interval);
  }
}

import { monotonicNow } from '../../domain/clock.ts';
import { Backoff } from './backoff.ts';

/** Wait before the first retry, in milliseconds. */
const firstRetry = 250;
/** Waits after attempts that cost much, in milliseconds. */
const slow = { first: 15_000, most: 600_000 };
/** The longest wait after attempts that cost nothing, in milliseconds. */
const quickMost = 1_000;

/** How soon to try again: `quick` after attempts that cost next to nothing, `slow` after those that cost much. */
export type Pace = 'quick' | 'usual' | 'slow';

/** Failures are forgotten if nobody has asked for the camera for this long since an attempt was due, in milliseconds. */
const forgottenAfter = 60_000;

/** Decides when the next attempt to open a camera may begin: later after each failure, also if the camera was closed since. */
export class Retry {
  readonly #backoffs: Readonly<Record<Pace, Backoff>>;
  readonly #attempt: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** When the next attempt may begin, on the monotonic clock. */
  #dueAt = -Infinity;

  /**
   * @param most the longest wait, in milliseconds
   * @param attempt called when the wait is over
   */
  constructor(most: number, attempt: () => void) {
    this.#backoffs = {
      quick: new Backoff({ first: firstRetry, most: Math.min(most, quickMost) }),
      usual: new Backoff({ first: firstRetry, most }),
      slow: new Backoff(slow),
    };
    this.#attempt = attempt;
  }

  /** True while an attempt is scheduled. */
  get isPending(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * Makes an attempt as soon as one is due.
   *
   * @returns the wait, in milliseconds; 0 if it was made now
   */
  request(): number {
    const wait = this.#dueAt - monotonicNow();
    if (wait < -forgottenAfter) this.#forget();
    if (wait <= 0) {
      this.#attempt();
      return 0;
    }
    this.#timer ??= setTimeout(() => this.now(), wait);
    return wait;
  }

  /** An attempt has failed, or was given up: the next one is due later. Cancels the scheduled one. */
  postpone(pace: Pace = 'usual'): void {
    this.cancel();
    this.#dueAt = monotonicNow() + this.#backoffs[pace].next();
  }

  /** Makes the scheduled attempt now; does nothing if none is scheduled. */
  now(): void {
    if (!this.isPending) return;
    this.cancel();
    this.#attempt();
  }

  /** Cancels the scheduled attempt. It is due when it was. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Forgets the failures, but costly ones only if `costly` is true: an attempt is due now. */
  reset({ costly = false } = {}): void {
    this.#dueAt = -Infinity;
    this.#forget();
    if (costly) this.#backoffs.slow.reset();
  }

  #forget(): void {
    this.#backoffs.quick.reset();
    this.#backoffs.usual.reset();
  }
}

import { monotonicNow } from '../../domain/clock.ts';
import { Backoff } from './backoff.ts';

/** Wait before the first retry, in milliseconds. */
const firstRetry = 250;
/** Waits after attempts that cost much, in milliseconds. */
const slow = { first: 15_000, most: 600_000 };

/** Failures are forgotten if nobody has asked for the camera for this long since an attempt was due, in milliseconds. */
const forgottenAfter = 60_000;

/** Decides when the next attempt to open a camera may begin: later after each failure, also if the camera was closed since. */
export class Retry {
  readonly #backoff: Backoff;
  readonly #slowBackoff = new Backoff(slow);
  readonly #attempt: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** When the next attempt may begin, on the monotonic clock. */
  #dueAt = -Infinity;

  /**
   * @param most the longest wait, in milliseconds
   * @param attempt called when the wait is over
   */
  constructor(most: number, attempt: () => void) {
    this.#backoff = new Backoff({ first: firstRetry, most });
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
    if (wait < -forgottenAfter) this.#backoff.reset();
    if (wait <= 0) {
      this.#attempt();
      return 0;
    }
    this.#timer ??= setTimeout(() => this.now(), wait);
    return wait;
  }

  /**
   * An attempt has failed, or was given up: the next one is due later. Cancels the scheduled one.
   *
   * @param options.slowly true if it cost much memory or time: the next one is due much later
   */
  postpone({ slowly = false } = {}): void {
    this.cancel();
    this.#dueAt = monotonicNow() + (slowly ? this.#slowBackoff : this.#backoff).next();
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
    this.#backoff.reset();
    if (costly) this.#slowBackoff.reset();
  }
}

import { Backoff } from './backoff.ts';

/** Wait before the first retry, in milliseconds. */
const firstRetry = 250;

/** Schedules the next attempt to open a camera, later after each failure. */
export class Retry {
  readonly #backoff: Backoff;
  readonly #attempt: () => void;
  #timer: NodeJS.Timeout | undefined;

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
   * Schedules an attempt.
   *
   * @returns the wait, in milliseconds
   */
  schedule(): number {
    this.cancel();
    const delay = this.#backoff.next();
    this.#timer = setTimeout(() => this.now(), delay);
    return delay;
  }

  /** Makes the scheduled attempt now; does nothing if none is scheduled. */
  now(): void {
    if (!this.isPending) return;
    this.cancel();
    this.#attempt();
  }

  /** Cancels the scheduled attempt. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Waits briefly again after the next failure. */
  reset(): void {
    this.#backoff.reset();
  }
}

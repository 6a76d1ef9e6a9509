/** The shortest and the longest delay, in milliseconds. */
export interface BackoffOptions {
  readonly first: number;
  readonly most: number;
}

/** Delays that double up to a limit, each shortened by up to a quarter at random so that cameras do not retry in step. */
export class Backoff {
  readonly #options: BackoffOptions;
  #next: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#next = options.first;
  }

  /** The delay before the next attempt. */
  next(): number {
    const delay = this.#next;
    this.#next = Math.min(this.#options.most, delay * 2);
    return Math.round(delay * (1 - Math.random() / 4));
  }

  /** Starts again with the shortest delay. */
  reset(): void {
    this.#next = this.#options.first;
  }
}

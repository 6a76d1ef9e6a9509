import type { PortholeError } from '../domain/errors.ts';

/** How long after a failure the next attempt is made, in milliseconds. */
const retryAfter = 1000;

/** One use of a database, which tells whether it works. */
export interface Attempt {
  /** The database answered. */
  succeeded(): void;
  /** The database didn't answer; returns the error. */
  failed(error: PortholeError): PortholeError;
  /** Nothing more is to come. */
  ended(): void;
}

/**
 * Lets requests fail at once while a database is away, because a request that waits for it holds a connection and makes a
 * person wait. One attempt at a time finds out whether it is back.
 */
export class Outage {
  #error: PortholeError | null = null;
  #retryAt = 0;
  #trying = false;

  /** True while the database is away. */
  get isOn(): boolean {
    return this.#error !== null;
  }

  /**
   * Begins to use the database.
   *
   * @throws {PortholeError} why the database was away a moment ago
   */
  begin(): Attempt {
    const tries = this.#error !== null;
    if (this.#error !== null) {
      if (this.#trying || performance.now() < this.#retryAt) throw this.#error;
      this.#trying = true;
    }
    return {
      succeeded: () => {
        this.#error = null;
      },
      failed: (error) => {
        this.#error = error;
        this.#retryAt = performance.now() + retryAfter;
        if (tries) this.#trying = false;
        return error;
      },
      ended: () => {
        if (tries) this.#trying = false;
      },
    };
  }
}

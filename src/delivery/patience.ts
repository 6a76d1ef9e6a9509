import { monotonicNow } from '../domain/clock.ts';

/** A connection that takes nothing for this long is dead, in milliseconds. */
const limit = 30_000;

/** Tells connections that are dead from those that wait for a frame. */
export class Patience {
  readonly #line: { readonly taken: number };
  #lastTaken = monotonicNow();
  #seen = -1;

  /** @param line tells how many bytes the system has taken of what was written */
  constructor(line: { readonly taken: number }) {
    this.#line = line;
  }

  /**
   * Looks at the connection, about once a second.
   *
   * @param unsent true if something waits to be taken
   * @returns false when the other side has taken nothing for {@link limit}.
   */
  isTaking(now: number, unsent: boolean): boolean {
    const { taken } = this.#line;
    if (!unsent || taken !== this.#seen) {
      this.#seen = taken;
      this.#lastTaken = now;
    }
    return now - this.#lastTaken < limit;
  }
}

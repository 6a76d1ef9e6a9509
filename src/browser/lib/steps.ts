/** Steps so far apart mean that the page did not run, in milliseconds. */
const most = 4_000;

/** Tells from the times of a timer whether the page has run all the time. */
export class Steps {
  #steady: number | null = null;
  #wall = 0;

  /**
   * The timer has fired.
   *
   * @param steady `performance.now()`, which in some browsers stands still while the device sleeps
   * @param wall `Date.now()`, which does not, but may be set
   * @returns true if the page did not run since the step before
   */
  missed(steady: number, wall: number): boolean {
    const missed = this.#steady !== null && Math.max(steady - this.#steady, wall - this.#wall) > most;
    this.#steady = steady;
    this.#wall = wall;
    return missed;
  }
}

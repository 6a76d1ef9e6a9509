/** If a timer's ticks are this far apart, the page did not run in between (ms). */
const longestGap = 4_000;

/** Detects from the ticks of a timer that the page did not run for a while: the device slept or the tab was frozen. */
export class SleepDetector {
  #steady: number | null = null;
  #wall = 0;

  /**
   * Notes a tick of the timer.
   *
   * @param steady `performance.now()`, which in some browsers stops while the device sleeps
   * @param wall `Date.now()`, which does not stop but may be set
   * @returns true if the page did not run since the previous tick
   */
  slept(steady: number, wall: number): boolean {
    const slept = this.#steady !== null && Math.max(steady - this.#steady, wall - this.#wall) > longestGap;
    this.#steady = steady;
    this.#wall = wall;
    return slept;
  }
}

/** What the clock of `performance.now()`, which began with this process, is behind the machine's, in milliseconds. */
const began = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds of the machine's monotonic clock (CLOCK_MONOTONIC on Linux), the same in every process. */
export function monotonicNow(): number {
  return began + performance.now();
}

/** The wall-clock time, in milliseconds since the epoch, of a moment of the monotonic clock. */
export function toWallClock(monotonic: number): number {
  return Date.now() - (monotonicNow() - monotonic);
}

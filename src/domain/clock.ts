/** Milliseconds of the machine's monotonic clock (CLOCK_MONOTONIC on Linux), the same in every process. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The wall-clock time, in milliseconds since the epoch, of a moment of the monotonic clock. */
export function toWallClock(monotonic: number): number {
  return Date.now() - (monotonicNow() - monotonic);
}

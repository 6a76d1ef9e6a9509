/** When this process's `performance.now()` was 0, in milliseconds on the machine's monotonic clock. */
const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The time in milliseconds on the machine's monotonic clock (CLOCK_MONOTONIC), which all processes share. */
export function monotonicNow(): number {
  return origin + performance.now();
}

/** Converts a time on the monotonic clock to milliseconds since the epoch. */
export function toWallClock(monotonic: number): number {
  return Date.now() - (monotonicNow() - monotonic);
}

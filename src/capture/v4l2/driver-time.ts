import { monotonicNow } from '../../domain/clock.ts';

/** A time stamp that differs from now by more than this is from another clock, in milliseconds. */
const plausible = 5_000;

/**
 * Returns the capture time of a frame, in milliseconds on the monotonic clock.
 *
 * @param stamped the driver's time stamp in milliseconds, on CLOCK_MONOTONIC (linux/videodev2.h); for drivers that use
 *   another clock, the current time is returned instead
 */
export function driverTime(stamped: number): number {
  const now = monotonicNow();
  return Math.abs(now - stamped) < plausible ? stamped : now;
}

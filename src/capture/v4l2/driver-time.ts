import { monotonicNow } from '../../domain/clock.ts';

/** A driver's time that is further than this from now is of another clock, in milliseconds. */
const plausible = 5_000;

/**
 * When a picture was captured, in milliseconds of the monotonic clock.
 *
 * @param stamped what the driver stamped the picture with: CLOCK_MONOTONIC (linux/videodev2.h), but some use another one
 */
export function driverTime(stamped: number): number {
  const now = monotonicNow();
  return Math.abs(now - stamped) < plausible ? stamped : now;
}

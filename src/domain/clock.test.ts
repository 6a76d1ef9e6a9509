import { describe, expect, it } from 'vitest';
import { monotonicNow, toWallClock } from './clock.ts';

describe('the monotonic clock', () => {
  it('never goes back', () => {
    const times = Array.from({ length: 100 }, monotonicNow);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('is turned into the time of day', () => {
    const before = Date.now();
    const now = toWallClock(monotonicNow());
    expect(now).toBeGreaterThan(before - 1000);
    expect(toWallClock(monotonicNow() - 60_000)).toBeLessThan(now);
  });
});

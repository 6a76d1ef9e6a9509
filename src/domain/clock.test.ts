import { describe, expect, it } from 'vitest';
import { monotonicNow, toWallClock } from './clock.ts';

describe('the monotonic clock', () => {
  it('never goes backwards', () => {
    const times = Array.from({ length: 100 }, monotonicNow);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('converts to wall-clock time', () => {
    const before = Date.now();
    const now = toWallClock(monotonicNow());
    expect(now).toBeGreaterThan(before - 1000);
    expect(toWallClock(monotonicNow() - 60_000)).toBeLessThan(now);
  });
});

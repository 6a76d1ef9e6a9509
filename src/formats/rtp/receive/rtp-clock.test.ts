import { describe, expect, it } from 'vitest';
import { RtpClock } from './rtp-clock.ts';

/** Frames each 40 ms, of which the arrival is late by these milliseconds. */
function times(late: readonly number[], timestampOf = (at: number): number => at * 3_600): number[] {
  const clock = new RtpClock(90_000);
  return late.map((each, at) => clock.at(timestampOf(at) >>> 0, 1_000 + at * 40 + each));
}

describe('RtpClock', () => {
  it('takes jitter of the network out', () => {
    const captured = times([0, 30, 5, 25, 0, 12]);
    for (const [at, each] of captured.entries()) expect(Math.abs(each - (1_000 + at * 40))).toBeLessThan(1);
  });

  it('follows timestamps that wrap', () => {
    const captured = times([0, 0, 0, 0], (at) => 2 ** 32 - 7_200 + at * 3_600);
    for (const [at, each] of captured.entries()) expect(each).toBeCloseTo(1_000 + at * 40, 0);
  });

  it.each([
    ['never change', () => 12_345],
    ['start over', (at: number) => (at % 5) * 3_600],
    ['are of another clock', (at: number) => at * 40],
    ['jump', (at: number) => at * 3_600 + (at % 7 === 6 ? 3_600 * 90_000 : 0)],
    ['go back', (at: number) => at * 3_600 - (at % 2) * 9_000 + 90_000],
  ])('is close to arrival, and increases, if timestamps %s', (_name, timestampOf) => {
    const captured = times(
      Array.from({ length: 500 }, () => 0),
      timestampOf,
    );
    for (const [at, each] of captured.entries()) {
      const delay = 1_000 + at * 40 - each;
      expect(delay).toBeGreaterThan(-10);
      expect(delay).toBeLessThan(1_001);
      expect(each).toBeGreaterThan(captured[at - 1] ?? 0);
      if (at > 150) expect(delay).toBeLessThan(1);
    }
  });

  it('takes the capture time from a sender report whose clock is close to ours, and ignores others', () => {
    const clock = new RtpClock(90_000);
    clock.at(0, 1_000);
    clock.report(850, 0);
    expect(clock.at(3_600, 1_040)).toBeCloseTo(1_000.1, 5);
    expect(clock.at(7_200, 1_080)).toBeCloseTo(1_000.2, 5);
    expect(clock.at(36_000, 1_400)).toBeCloseTo(1_250, 5);
    clock.report(-3_600_000, 36_000);
    expect(clock.at(39_600, 1_440)).toBeCloseTo(1_440, 0);
    clock.report(9_000, 39_600);
    expect(clock.at(43_200, 1_480)).toBeCloseTo(1_480, 0);
  });
});

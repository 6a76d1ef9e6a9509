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

  it('takes jitter out again after any number of stalls that are far apart', () => {
    // Two seconds without a frame in every two minutes, and jitter of up to 20 ms.
    const late = Array.from({ length: 30_000 }, (_, at) =>
      at % 3_000 < 50 ? 2_000 - (at % 3_000) * 40 : (at % 5) * 5,
    );
    const captured = times(late);
    for (const [at, each] of captured.slice(-1_000).entries()) {
      expect(Math.abs(each - (1_000 + (29_000 + at) * 40))).toBeLessThan(1);
    }
  });

  /** Delays of frames each 40 ms that arrive at once, with a report that says this delay. */
  function delays(reported: number, count = 300): number[] {
    const clock = new RtpClock(90_000);
    return Array.from({ length: count }, (_, at) => {
      const arrival = 1_000 + at * 40;
      if (at === 50) clock.report(arrival - reported, at * 3_600);
      return arrival - clock.at(at * 3_600, arrival);
    });
  }

  it('changes to the capture times of a sender report whose clock is close to ours, in small steps', () => {
    const found = delays(150);
    expect(found[49]).toBeCloseTo(0, 0);
    expect(found.at(-1)).toBeCloseTo(150, 0);
    for (const [at, each] of found.entries()) expect(Math.abs(each - (found[at - 1] ?? 0))).toBeLessThan(3);
  });

  it.each([-500, 1_500, 1_700_000_000_000])('ignores a sender report that says a delay of %i ms', (reported) => {
    expect(delays(reported).at(-1)).toBeCloseTo(0, 0);
  });

  it('begins with the capture time of a sender report that came before the first frame', () => {
    const clock = new RtpClock(90_000);
    clock.report(850, 0);
    expect(clock.at(0, 1_000)).toBe(850);
  });
});

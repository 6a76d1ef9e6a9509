import { describe, expect, it } from 'vitest';
import { Rhythm } from './rhythm.ts';

const network = { opening: 30_000, silence: 10_000 };
const device = { opening: 10_000, silence: 3_000 };

/** The limit after frames at these times, in milliseconds. */
function limitAfter(times: readonly number[], limits = network, fps: number | null = null): number {
  const rhythm = new Rhythm(limits, 0);
  rhythm.claim(fps);
  for (const time of times) rhythm.arrived(time);
  return rhythm.limit(times.at(-1) ?? 0);
}

const every = (interval: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => (at + 1) * interval);

describe('Rhythm', () => {
  it('gives a device that claims a rate the usual time, or four intervals', () => {
    expect(limitAfter([], device, 30)).toBe(3_000);
    expect(limitAfter(every(33, 100), device, 30)).toBe(3_000);
    expect(limitAfter([], device, 0.5)).toBe(8_000);
  });

  it('gives a stream more time until its rhythm is known', () => {
    expect(limitAfter([])).toBe(30_000);
    expect(limitAfter(every(66, 30))).toBe(10_000);
  });

  it.each([12_000, 20_000])('gives a stream with a frame every %d ms four intervals', (interval) => {
    expect(limitAfter(every(interval, 3))).toBe(4 * interval);
    expect(limitAfter(every(interval, 30))).toBe(4 * interval);
  });

  it('forgets a single outage', () => {
    expect(limitAfter([...every(66, 100), 15_000, ...every(66, 3_000).map((time) => 15_000 + time)])).toBe(10_000);
  });

  it('waits two minutes at most', () => {
    expect(limitAfter([50_000, 100_000])).toBe(120_000);
  });
});

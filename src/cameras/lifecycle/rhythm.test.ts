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
    expect(limitAfter(every(2_000, 30), device, 0.5)).toBe(8_000);
  });

  it('gives a slow source time that is even slower than it claims', () => {
    expect(limitAfter([], network, 0.5)).toBe(30_000);
    expect(limitAfter(every(12_000, 3), network, 0.5)).toBe(48_000);
    expect(limitAfter(every(12_000, 30), network, 0.5)).toBe(48_000);
    expect(limitAfter(every(2_000, 30), network, 0.5)).toBe(10_000);
    expect(limitAfter([], network, 1 / 20)).toBe(80_000);
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

  it('does not take a network that fails now and then for a rhythm', () => {
    const times: number[] = [];
    const deliver = (from: number): void => void times.push(...every(100, 200).map((time) => from + time));
    for (let minute = 0; minute < 5; minute += 1) {
      deliver(minute * 60_000);
      deliver(minute * 60_000 + 28_000);
    }
    const until = times.at(-1) ?? 0;
    deliver(until + 8_000);
    expect(limitAfter(times.filter((time) => time < until + 9_000))).toBe(10_000);
  });

  it('knows the rhythm of a stream that sends some frames after each pause', () => {
    const times = every(10_000, 20).flatMap((time) => [time, time + 100, time + 200]);
    expect(limitAfter(times)).toBe(4 * 9_800);
  });

  it('waits two minutes at most', () => {
    expect(limitAfter([50_000, 100_000])).toBe(120_000);
  });
});

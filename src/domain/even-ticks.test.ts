import { expect, it } from 'vitest';
import { EvenTicks } from './even-ticks.ts';

const perMillisecond = 48;

it('pieces follow each other without gaps, although their capture times are rounded', () => {
  const ticks = new EvenTicks(48_000, 960);
  const begin = 1_700_000_000_000 * perMillisecond;
  const starts = Array.from({ length: 200 }, (_, at) => {
    const jitter = [0, -0.01, 3, -3][at % 4] ?? 0;
    return ticks.place(Math.floor(begin + (at * 20 + jitter) * perMillisecond));
  });
  expect(starts).toEqual(starts.map((_, at) => begin + at * 960));
});

it('a piece takes its capture time again where one is missing, or the clock has drifted', () => {
  const ticks = new EvenTicks(48_000, 960);
  for (const [at, expected] of [
    [0, 0],
    [40, 40],
    [70, 60],
    [91, 91],
    [90, 90],
  ] as const) {
    expect(ticks.place(at * perMillisecond) / perMillisecond, `of ${at} ms`).toBe(expected);
  }
});

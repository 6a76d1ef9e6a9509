import { expect, it } from 'vitest';
import { Rejections } from './rejections.ts';

it('are too many after three in a row over three seconds, at any frame rate', () => {
  const firstTooMany = (interval: number): number => {
    const rejections = new Rejections();
    let at = 10_000;
    while (!rejections.add(at)) at += interval;
    return at - 10_000;
  };
  expect([40, 1_000, 12_000].map(firstTooMany)).toEqual([3_000, 3_000, 24_000]);
});

it('start over with each usable frame', () => {
  const rejections = new Rejections();
  for (let at = 0; at < 60_000; at += 100) {
    if (at % 2_900 === 0) rejections.clear();
    expect(rejections.add(at), `after ${at} ms`).toBe(false);
  }
});

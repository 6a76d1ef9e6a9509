import { describe, expect, it } from 'vitest';
import { FrameRateLimiter } from './frame-rate-limiter.ts';

/** How many of the frames of `seconds` at `camera` frames per second pass. */
function passed(fps: number | undefined, camera: number, seconds = 10, jitter = 0): number {
  const rateLimiter = new FrameRateLimiter(fps);
  let count = 0;
  for (let number = 0; number < camera * seconds; number += 1) {
    const wobble = number % 2 === 0 ? jitter : -jitter;
    if (rateLimiter.due(1_000 + (number * 1_000) / camera + wobble)) count += 1;
  }
  return count;
}

describe('Pace', () => {
  it('lets everything through without a rate', () => {
    expect(passed(undefined, 30)).toBe(300);
  });

  it.each([
    [1, 30],
    [5, 30],
    [10, 30],
    [15, 30],
    [10, 25],
    [29, 30],
  ])('lets %i of %i frames a second through', (fps, camera) => {
    expect(Math.abs(passed(fps, camera) - fps * 10)).toBeLessThanOrEqual(fps * 10 * 0.12 + 1);
  });

  it('lets all through when the camera is slower', () => {
    expect(passed(30, 10)).toBe(100);
  });

  it('takes every frame of a jittering camera at its own rate', () => {
    expect(passed(30, 30, 10, 4)).toBeGreaterThanOrEqual(298);
  });
});

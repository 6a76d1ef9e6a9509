import { describe, expect, it } from 'vitest';
import { AudioClock } from './audio-clock.ts';

describe('AudioClock', () => {
  it('keeps exact times, and places the frames of one packet one after another', () => {
    const clock = new AudioClock();
    expect([100, 100, 140].map((time) => clock.startOf(20, time, true))).toEqual([100, 120, 140]);
  });

  it('advances evenly when packets arrive with jitter', () => {
    const clock = new AudioClock();
    const starts = Array.from({ length: 500 }, (_, index) => {
      const jitter = index % 10 === 0 ? 80 : 0;
      return clock.startOf(20, 1_000 + (index + 1) * 20 + jitter, false);
    });
    const steps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    expect(Math.max(...steps.map((step) => Math.abs(step - 20)))).toBeLessThan(2);
    expect(starts[0]).toBe(1_080);
    expect(Math.abs((starts.at(-1) ?? 0) - (1_000 + 499 * 20)), 'close to the arrival times').toBeLessThan(20);
  });

  it('follows a source whose clock runs at another speed', () => {
    const clock = new AudioClock();
    let start = 0;
    // Each frame of 20 ms arrives after 20.1 ms: half a second in a hundred.
    for (let index = 0; index < 5_000; index += 1) start = clock.startOf(20, index * 20.1, false);
    expect(Math.abs(start - (4_999 * 20.1 - 20))).toBeLessThan(10);
  });

  it('continues at the current time after a pause', () => {
    const clock = new AudioClock();
    clock.startOf(20, 100, false);
    expect(clock.startOf(20, 5_000, false)).toBe(4_980);
  });
});

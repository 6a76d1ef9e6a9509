import { describe, expect, it } from 'vitest';
import { AudioClock } from './audio-clock.ts';

describe('the clock of sound', () => {
  it('gives exact times as they are, and the pieces of one packet one behind the other', () => {
    const clock = new AudioClock();
    expect([100, 100, 140].map((time) => clock.startOf(20, time, true))).toEqual([100, 120, 140]);
  });

  it('is even where packets come by fits and starts', () => {
    const clock = new AudioClock();
    const starts = Array.from({ length: 500 }, (_, index) => {
      const jitter = index % 10 === 0 ? 80 : 0;
      return clock.startOf(20, 1_000 + (index + 1) * 20 + jitter, false);
    });
    const steps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    expect(Math.max(...steps.map((step) => Math.abs(step - 20)))).toBeLessThan(2);
    expect(starts[0]).toBe(1_080);
    expect(Math.abs((starts.at(-1) ?? 0) - (1_000 + 499 * 20)), 'near the arrivals').toBeLessThan(20);
  });

  it('follows a source whose clock is not ours', () => {
    const clock = new AudioClock();
    let start = 0;
    // Says 20 ms, takes 20.1: half a second in a hundred.
    for (let index = 0; index < 5_000; index += 1) start = clock.startOf(20, index * 20.1, false);
    expect(Math.abs(start - (4_999 * 20.1 - 20))).toBeLessThan(10);
  });

  it('goes on at the present time after a pause', () => {
    const clock = new AudioClock();
    clock.startOf(20, 100, false);
    expect(clock.startOf(20, 5_000, false)).toBe(4_980);
  });
});

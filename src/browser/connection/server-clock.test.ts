import { describe, expect, it } from 'vitest';
import { ServerClock } from './server-clock.ts';

describe('ServerClock', () => {
  it('is known once a ping is answered, and no more after the device may have slept', () => {
    const clock = new ServerClock();
    clock.guess(Date.now());
    expect(clock.known).toBe(false);
    clock.sample(Date.now() - 10, Date.now());
    expect(clock.known).toBe(true);
    clock.reset();
    expect(clock.known).toBe(false);
  });

  it('trusts the ping with the least round trip', () => {
    const clock = new ServerClock();
    const start = Date.now();
    clock.sample(start, start + 5_000 + 300, start + 400);
    clock.sample(start, start + 5_000 + 5, start + 10);
    clock.sample(start, start + 5_000 + 10, start + 600);
    expect(clock.now() - Date.now()).toBeCloseTo(5_000, -1);
  });

  it('leaves out answers that came before their question: the clock was set', () => {
    const clock = new ServerClock();
    const start = Date.now();
    clock.sample(start, start + 60_000, start - 1);
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(50);
  });
});

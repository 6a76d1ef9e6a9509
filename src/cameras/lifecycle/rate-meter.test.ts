import { describe, expect, it } from 'vitest';
import { RateMeter } from './rate-meter.ts';

describe('RateMeter', () => {
  it('measures over its span and forgets what is older', () => {
    const meter = new RateMeter(5_000);
    expect(meter.rate).toBe(0);
    for (let second = 0; second <= 10; second += 1) meter.add(30, second * 1_000);
    expect(meter.rate).toBe(30);
    for (let second = 11; second <= 20; second += 1) meter.add(10, second * 1_000);
    expect(meter.rate).toBe(10);
  });
});

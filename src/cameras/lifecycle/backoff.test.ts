import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  it('doubles up to its limit, with jitter, and starts again', () => {
    const backoff = new Backoff({ first: 100, most: 800 });
    for (const full of [100, 200, 400, 800, 800]) {
      const delay = backoff.next();
      expect(delay).toBeLessThanOrEqual(full);
      expect(delay).toBeGreaterThanOrEqual(full * 0.75 - 1);
    }
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(100);
  });
});

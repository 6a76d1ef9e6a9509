import { describe, expect, it } from 'vitest';
import { ViewNumbers } from './view-numbers.ts';

describe('ViewNumbers', () => {
  it('gives a number that came back only after all others', () => {
    const numbers = new ViewNumbers();
    expect([numbers.claim(), numbers.claim()]).toEqual([1, 2]);
    numbers.release(1);
    const later = Array.from({ length: 126 }, () => numbers.claim());
    expect(later).not.toContain(1);
    expect(numbers.claim()).toBe(1);
  });

  it('gives no more than the server allows, and again when one came back', () => {
    const numbers = new ViewNumbers();
    for (let count = 0; count < 128; count += 1) expect(numbers.claim()).not.toBeNull();
    expect(numbers.claim()).toBeNull();
    numbers.release(77);
    expect(numbers.claim()).toBe(77);
  });
});

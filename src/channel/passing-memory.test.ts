import { describe, expect, it } from 'vitest';
import { PassingMemory } from './passing-memory.ts';

describe('PassingMemory', () => {
  it('collects each time some megabytes have passed', () => {
    let collections = 0;
    const memory = new PassingMemory(() => (collections += 1));
    for (let frame = 0; frame < 100; frame += 1) memory.took(100_000);
    expect(collections).toBe(3);
  });

  it('works without --expose-gc', () => {
    expect(() => new PassingMemory().took(100_000_000)).not.toThrow();
  });
});

import { describe, expect, it } from 'vitest';
import { Doubt } from './stall-detector.ts';

describe('Doubt', () => {
  it('blames a way when pictures keep coming another way and none on this one', () => {
    const doubt = new Doubt();
    expect(doubt.isProven).toBe(false);
    for (const now of [5_000, 5_500]) doubt.cameOtherwise(now);
    expect(doubt.isProven).toBe(false);
    doubt.cameOtherwise(6_000);
    expect(doubt.isProven).toBe(true);
  });

  it('blames nobody for a single picture, such as the last one that the server had', () => {
    const doubt = new Doubt();
    doubt.cameOtherwise(5_000);
    expect(doubt.isProven).toBe(false);
  });

  it('begins anew when a picture comes on the way itself', () => {
    const doubt = new Doubt();
    doubt.cameOtherwise(5_000);
    doubt.clear();
    doubt.cameOtherwise(10_000);
    expect(doubt.isProven).toBe(false);
  });
});

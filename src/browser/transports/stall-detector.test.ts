import { describe, expect, it } from 'vitest';
import { StallDetector } from './stall-detector.ts';

describe('Doubt', () => {
  it('blames a way when pictures keep coming another way and none on this one', () => {
    const stallDetector = new StallDetector();
    expect(stallDetector.isProven).toBe(false);
    for (const now of [5_000, 5_500]) stallDetector.cameOtherwise(now);
    expect(stallDetector.isProven).toBe(false);
    stallDetector.cameOtherwise(6_000);
    expect(stallDetector.isProven).toBe(true);
  });

  it('blames nobody for a single picture, such as the last one that the server had', () => {
    const stallDetector = new StallDetector();
    stallDetector.cameOtherwise(5_000);
    expect(stallDetector.isProven).toBe(false);
  });

  it('begins anew when a picture comes on the way itself', () => {
    const stallDetector = new StallDetector();
    stallDetector.cameOtherwise(5_000);
    stallDetector.clear();
    stallDetector.cameOtherwise(10_000);
    expect(stallDetector.isProven).toBe(false);
  });
});

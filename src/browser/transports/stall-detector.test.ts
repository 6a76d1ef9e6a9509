import { describe, expect, it } from 'vitest';
import { StallDetector } from './stall-detector.ts';

describe('StallDetector', () => {
  it('reports a stall when frames keep arriving on the other transport and none on this one', () => {
    const detector = new StallDetector();
    expect(detector.stalled).toBe(false);
    for (const now of [5_000, 5_500]) detector.otherFrame(now);
    expect(detector.stalled).toBe(false);
    detector.otherFrame(6_000);
    expect(detector.stalled).toBe(true);
  });

  it('reports no stall for a single frame, such as the last one the server had', () => {
    const detector = new StallDetector();
    detector.otherFrame(5_000);
    expect(detector.stalled).toBe(false);
  });

  it('starts over when a frame arrives on this transport', () => {
    const detector = new StallDetector();
    detector.otherFrame(5_000);
    detector.clear();
    detector.otherFrame(10_000);
    expect(detector.stalled).toBe(false);
  });
});

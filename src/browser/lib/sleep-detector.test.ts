import { describe, expect, it } from 'vitest';
import { SleepDetector } from './sleep-detector.ts';

describe('SleepDetector', () => {
  it('detects that the page did not run', () => {
    const detector = new SleepDetector();
    expect(detector.slept(100, 1_000)).toBe(false);
    expect(detector.slept(600, 1_500)).toBe(false);
    expect(detector.slept(9_000, 9_900)).toBe(true);
    expect(detector.slept(9_500, 10_400)).toBe(false);
  });

  it('detects sleep even if the steady clock stopped meanwhile', () => {
    const detector = new SleepDetector();
    detector.slept(100, 1_000);
    expect(detector.slept(600, 61_500)).toBe(true);
  });

  it('does not mistake a clock that is set back for sleep', () => {
    const detector = new SleepDetector();
    detector.slept(100, 100_000);
    expect(detector.slept(600, 1_500)).toBe(false);
  });
});

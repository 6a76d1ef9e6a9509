import { describe, expect, it } from 'vitest';
import { Steps } from './steps.ts';

describe('Steps', () => {
  it('tells when the page did not run', () => {
    const steps = new Steps();
    expect(steps.missed(100, 1_000)).toBe(false);
    expect(steps.missed(600, 1_500)).toBe(false);
    expect(steps.missed(9_000, 9_900)).toBe(true);
    expect(steps.missed(9_500, 10_400)).toBe(false);
  });

  it('tells that the device slept also where the steady clock slept with it', () => {
    const steps = new Steps();
    steps.missed(100, 1_000);
    expect(steps.missed(600, 61_500)).toBe(true);
  });

  it('takes a clock that is set back for no sleep', () => {
    const steps = new Steps();
    steps.missed(100, 100_000);
    expect(steps.missed(600, 1_500)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { audioStep } from './audio-step.ts';

const state = { position: 10, start: 2, end: 10.2, frame: null, stalls: 0 };

describe('live sound', () => {
  it('stays a little behind the newest', () => {
    expect(audioStep({ ...state, position: 10.1 })).toEqual({ rate: 1 });
    expect(audioStep({ ...state, position: 9.9 }).rate).toBeGreaterThan(1);
    expect(audioStep({ ...state, position: 10.2 }).rate).toBeLessThan(1);
  });

  it('is further behind each time it has run dry, up to a bound', () => {
    expect(audioStep({ ...state, position: 10.1, stalls: 4 }).rate).toBeLessThan(1);
    expect(audioStep({ ...state, position: 9.8, stalls: 100 })).toEqual({ rate: 1 });
  });

  it('waits for the picture that is shown', () => {
    expect(audioStep({ ...state, position: 9.7, frame: 9.7 })).toEqual({ rate: 1 });
    expect(audioStep({ ...state, position: 9.9, frame: 9.7 }).rate).toBeLessThan(1);
    expect(audioStep({ ...state, position: 9, frame: 9.7 })).toEqual({ seek: 9.7, rate: 1 });
  });

  it('does not run ahead of its buffer when the video is ahead', () => {
    expect(audioStep({ ...state, position: 10.1, frame: 10.5 })).toEqual({ rate: 1 });
  });

  it('jumps over a gap', () => {
    expect(audioStep({ ...state, position: 1.9, start: 10.15 })).toEqual({ seek: 10.15, rate: 1 });
  });
});

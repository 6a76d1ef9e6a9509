import { describe, expect, it } from 'vitest';
import { bytesWord, photosWord, problemHeading, stateWord } from './words.ts';

describe('words', () => {
  it('a size on disk has a unit and two significant digits', () => {
    expect(bytesWord(0)).toBe('0\u00a0bytes');
    expect(bytesWord(820_400)).toBe('820\u00a0KB');
    expect(bytesWord(6_240_000)).toBe('6.2\u00a0MB');
    expect(bytesWord(14_000_000_000)).toBe('14\u00a0GB');
  });

  it('one photo is singular', () => {
    expect(photosWord(1)).toBe('1 photo');
    expect(photosWord(10_000)).toBe('10,000 photos');
  });

  it('a problem that needs a person is red, one that resolves automatically amber', () => {
    const state = { kind: 'reconnecting', since: 0, retryAt: 0 } as const;
    expect(stateWord({ ...state, problem: { code: 'camera_unplugged', message: '' } }).tone).toBe('bad');
    expect(stateWord({ ...state, problem: { code: 'capture_crashed', message: '' } }).tone).toBe('warn');
  });

  it('every problem has a heading', () => {
    expect(problemHeading('camera_unplugged')).toBe('Camera unplugged');
    expect(problemHeading('internal')).toBe('Something went wrong');
  });
});

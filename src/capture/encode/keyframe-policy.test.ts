import { describe, expect, it } from 'vitest';
import { KeyframePolicy } from './keyframe-policy.ts';

/** Encodes at 30 frames per second; returns the times of the keyframes in milliseconds. */
function keyframes(seconds: number, requests: readonly number[] = []): readonly number[] {
  const policy = new KeyframePolicy();
  const made: number[] = [];
  const asked = [...requests];
  for (let frame = 0; frame < seconds * 30; frame += 1) {
    const at = Math.round((frame * 1_000) / 30);
    while ((asked[0] ?? Infinity) <= at) {
      asked.shift();
      policy.request();
    }
    if (!policy.isDue(at)) continue;
    policy.made(at);
    made.push(at);
  }
  return made;
}

describe('KeyframePolicy', () => {
  it('makes the first frame a keyframe, and then one every two seconds', () => {
    expect(keyframes(6.5)).toEqual([0, 2_000, 4_000, 6_000]);
  });

  it('makes a requested keyframe at once, and restarts the two seconds', () => {
    expect(keyframes(4, [1_000])).toEqual([0, 1_000, 3_000]);
  });

  it('makes a keyframe at most every 300 ms, however many are requested', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => index);
    expect(keyframes(1, many)).toEqual([0, 300, 600, 900]);
  });

  it('delays a request that comes too early', () => {
    expect(keyframes(1, [100])).toEqual([0, 300]);
  });
});

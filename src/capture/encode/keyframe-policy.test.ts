import { describe, expect, it } from 'vitest';
import { KeyframePolicy } from './keyframe-policy.ts';

/** Encodes 30 pictures a second for some seconds; returns the times of the keyframes in milliseconds. */
function keyframes(seconds: number, requests: readonly number[] = []): readonly number[] {
  const policy = new KeyframePolicy();
  const made: number[] = [];
  const asked = [...requests];
  for (let picture = 0; picture < seconds * 30; picture += 1) {
    const at = Math.round((picture * 1_000) / 30);
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

describe('keyframes', () => {
  it('come first, and then every two seconds', () => {
    expect(keyframes(6.5)).toEqual([0, 2_000, 4_000, 6_000]);
  });

  it('come at once when they are asked for, and the two seconds begin anew', () => {
    expect(keyframes(4, [1_000])).toEqual([0, 1_000, 3_000]);
  });

  it('come no more often than every 300 ms, however often they are asked for', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => index);
    expect(keyframes(1, many)).toEqual([0, 300, 600, 900]);
  });

  it('that were asked for too early are not forgotten', () => {
    expect(keyframes(1, [100])).toEqual([0, 300]);
  });
});

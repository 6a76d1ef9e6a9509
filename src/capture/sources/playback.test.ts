import { describe, expect, it } from 'vitest';
import { Playback } from './playback.ts';

/** When frames with these time stamps are delivered, in seconds, if each is awaited. */
function play(stamps: readonly (number | null)[], interval: number): number[] {
  let now = 1_000;
  const playback = new Playback(now);
  return stamps.map((stamp) => {
    now = Math.max(now, playback.next(stamp === null ? null : stamp * 1_000, interval * 1_000, now));
    return now / 1_000 - 1;
  });
}

describe('Playback', () => {
  it.each([
    ['with time stamps', [5, 5.1, 5.3], 0.1, [0, 0.1, 0.3]],
    ['without time stamps', [null, null, null], 0.5, [0, 0.5, 1]],
    ['with a frame in twelve seconds', [0, 12, 24, 36], 12, [0, 12, 24, 36]],
    ['with a frame a minute, of which one is missing', [0, 60, 180, 240], 80, [0, 60, 180, 240]],
    ['with a jump forward', [0, 1, 1_000, 1_001], 1, [0, 1, 2, 3]],
    ['with a jump back', [1_000, 1_001, 0, 1], 1, [0, 1, 2, 3]],
    ['with jumps alone', [0, 100, 0, 100, 0], 0.5, [0, 0.5, 1, 1.5, 2]],
  ])('plays a file %s', (_what, stamps, interval, expected) => {
    expect(play(stamps, interval).map((each) => Math.round(each * 1_000) / 1_000)).toEqual(expected);
  });

  it('continues from now after the machine slept', () => {
    const playback = new Playback(0);
    expect(playback.next(0, 40, 0)).toBe(0);
    expect(playback.next(40, 40, 60_000)).toBe(60_000);
    expect(playback.next(80, 40, 60_000)).toBe(60_040);
    expect(playback.next(null, 40, 120_000)).toBe(120_000);
  });

  it('starts each loop when the last frame of the one before is over', () => {
    const playback = new Playback(0);
    playback.next(500, 40, 0);
    playback.next(540, 40, 0);
    playback.rewind(40);
    expect(playback.timeOf(500)).toBeNull();
    expect(playback.next(500, 40, 40)).toBe(80);
    expect(playback.timeOf(510)).toBe(90);
  });
});

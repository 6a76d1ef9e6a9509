import { describe, expect, it } from 'vitest';
import { TransportChoice } from './transport-choice.ts';

describe('TransportChoice', () => {
  it('takes H.264 where it can be played, with JPEG until it is there', () => {
    const choice = new TransportChoice('auto', true);
    expect([choice.wantsH264(0), choice.wantsJpeg]).toEqual([true, true]);
    expect(new TransportChoice('auto', false).wantsH264(0)).toBe(false);
  });

  it('takes what a person has chosen, unless it cannot be played', () => {
    expect(new TransportChoice('jpeg', true).wantsH264(0)).toBe(false);
    expect(new TransportChoice('h264', true).wantsJpeg).toBe(false);
    expect(new TransportChoice('h264', false).wantsJpeg).toBe(true);
  });

  it('tries again after a failure, later each time, and never gives up', () => {
    const choice = new TransportChoice('auto', true);
    const waits: number[] = [];
    for (let now = 0; waits.length < 7; now += 1_000) {
      if (!choice.wantsH264(now)) continue;
      choice.failed(now);
      let wait = 0;
      while (!choice.wantsH264(now + wait)) wait += 1_000;
      waits.push(wait);
    }
    expect(waits).toEqual([4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('forgets failures when H.264 was shown for a while, and not when it failed again soon', () => {
    const choice = new TransportChoice('auto', true);
    choice.failed(0);
    choice.shown(4_000);
    choice.failed(6_000);
    expect(choice.wantsH264(13_900)).toBe(false);
    choice.shown(14_000);
    choice.failed(60_000);
    expect(choice.wantsH264(64_000)).toBe(true);
  });

  it('does not wait when the way has changed', () => {
    const choice = new TransportChoice('auto', true);
    choice.failed(0);
    choice.retryNow();
    expect(choice.wantsH264(1)).toBe(true);
  });
});

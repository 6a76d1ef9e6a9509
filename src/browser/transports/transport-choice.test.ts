import { describe, expect, it } from 'vitest';
import { type VideoTransportName, isPinned, TransportChoice } from './transport-choice.ts';

const all = ['webrtc', 'h264'] as const;

/** How long it takes until something is tried, in steps of a second. */
function waitFor(choice: TransportChoice, now: number, shown: VideoTransportName | null): number {
  let wait = 0;
  while (choice.next(now + wait, shown) === null && wait < 3_600_000) wait += 1_000;
  return wait;
}

describe('TransportChoice', () => {
  it('chooses the best transport the browser supports, with JPEG until it is ready', () => {
    const choice = new TransportChoice('auto', all);
    expect([choice.next(0, null), choice.wantsJpeg]).toEqual(['webrtc', true]);
    expect(new TransportChoice('auto', ['h264']).next(0, null)).toBe('h264');
    expect(new TransportChoice('auto', []).next(0, null)).toBeNull();
  });

  it('uses the pinned transport unless it is unsupported', () => {
    expect(new TransportChoice('jpeg', all).next(0, null)).toBeNull();
    const h264 = new TransportChoice('h264', all);
    expect([h264.next(0, null), h264.allows('webrtc'), h264.wantsJpeg]).toEqual(['h264', false, false]);
    expect(new TransportChoice('h264', ['webrtc']).wantsJpeg).toBe(true);
  });

  it('falls back to the next transport when the best fails, and to JPEG when all fail', () => {
    const choice = new TransportChoice('auto', all);
    choice.failed('webrtc', 0);
    expect(choice.next(0, null)).toBe('h264');
    choice.failed('h264', 0);
    expect(choice.next(0, null)).toBeNull();
    expect(waitFor(choice, 0, null)).toBe(4_000);
  });

  it.each([
    ['JPEG', null],
    ['another working transport', 'h264'],
  ] as const)('keeps retrying a transport that does not start behind %s, soon enough after an outage', (_, shown) => {
    const choice = new TransportChoice('auto', ['webrtc']);
    const waits: number[] = [];
    for (let now = 0; waits.length < 7; now += waits.at(-1) ?? 0) {
      choice.failed('webrtc', now);
      waits.push(waitFor(choice, now, shown));
    }
    // An attempt in progress when the outage ends takes three seconds, and a frame one second.
    expect(waits).toEqual([4_000, 8_000, 8_000, 8_000, 8_000, 8_000, 8_000]);
  });

  it.each([
    ['JPEG', null, [4, 8, 16, 32, 60, 60, 60]],
    ['another working transport', 'h264', [4, 8, 30, 60, 120, 240, 480, 600, 600]],
  ] as const)(
    'waits longer each time for a transport that keeps breaking soon after its start behind %s',
    (_, shown, expected) => {
      const choice = new TransportChoice('auto', ['webrtc']);
      const waits: number[] = [];
      for (let now = 0; waits.length < expected.length; now += (waits.at(-1) ?? 0) * 1_000) {
        choice.shown('webrtc', now);
        now += 5_000;
        choice.failed('webrtc', now);
        waits.push(waitFor(choice, now, shown) / 1_000);
      }
      expect(waits).toEqual(expected);
    },
  );

  it('forgets repeated failures of a transport once it was shown for a while', () => {
    const choice = new TransportChoice('auto', ['webrtc']);
    for (const now of [0, 50_000, 100_000, 150_000]) {
      choice.shown('webrtc', now);
      choice.failed('webrtc', now + 5_000);
    }
    expect(waitFor(choice, 155_000, 'h264')).toBe(60_000);
    choice.shown('webrtc', 215_000);
    choice.failed('webrtc', 250_000);
    expect(waitFor(choice, 250_000, 'h264')).toBe(4_000);
  });

  it('never opens the transport that is shown or a worse one', () => {
    const choice = new TransportChoice('auto', all);
    expect(choice.next(0, 'webrtc')).toBeNull();
    expect(choice.next(0, 'h264')).toBe('webrtc');
    expect(new TransportChoice('auto', ['h264']).next(0, 'h264')).toBeNull();
  });

  it('forgets failures after it was shown for a while, but not if it fails again soon', () => {
    const choice = new TransportChoice('auto', ['h264']);
    choice.failed('h264', 0);
    choice.shown('h264', 4_000);
    choice.failed('h264', 6_000);
    expect(waitFor(choice, 6_000, null)).toBe(8_000);
    choice.shown('h264', 14_000);
    choice.failed('h264', 60_000);
    expect(waitFor(choice, 60_000, null)).toBe(4_000);
  });

  it('does not count the time after a better transport replaced it', () => {
    const choice = new TransportChoice('auto', all);
    choice.failed('h264', 0);
    choice.shown('h264', 4_000);
    choice.replaced('h264');
    choice.failed('h264', 90_000);
    expect(waitFor(choice, 90_000, 'webrtc')).toBe(3_600_000);
    choice.unsupported('webrtc');
    expect(waitFor(choice, 90_000, null)).toBe(8_000);
  });

  it('does not wait when the network has changed', () => {
    const choice = new TransportChoice('auto', all);
    choice.failed('webrtc', 0);
    choice.failed('h264', 0);
    choice.retryNow();
    expect(choice.next(1, null)).toBe('webrtc');
  });

  it('never retries an unsupported transport', () => {
    const choice = new TransportChoice('auto', all);
    choice.unsupported('webrtc');
    choice.retryNow();
    expect(choice.next(0, null)).toBe('h264');
  });

  it('recognises a valid choice', () => {
    expect(['auto', 'webrtc', 'h264', 'jpeg', 'rtsp', '', null].filter(isPinned)).toEqual([
      'auto',
      'webrtc',
      'h264',
      'jpeg',
    ]);
  });
});

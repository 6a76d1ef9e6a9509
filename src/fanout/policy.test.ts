import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame } from '../domain/media/frame.ts';
import { renditionFor, sourceRendition } from '../domain/media/rendition.ts';
import { Broadcast } from './broadcast.ts';
import { FrameQueue, isGap } from './frame-queue.ts';
import { LoadShedder } from './load-shedder.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function frame(sequence: number, keyframe = true): Frame {
  return { bytes: Buffer.alloc(1), sequence, capturedAt: sequence * 10, keyframe, width: 2, height: 2 };
}

/** A viewer that notes what it is told: the frames' sequences, and `-n` for a gap of n. */
function recorder(): { seen: (number | string)[]; offer(frame: Frame): void; gap(lost: number | null): void } {
  const seen: (number | string)[] = [];
  return {
    seen,
    offer: ({ sequence }) => void seen.push(sequence),
    gap: (lost) => void seen.push(`-${lost ?? '?'}`),
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

describe('policies', () => {
  it.each([
    ['JPEG', sourceRendition, 1],
    ['H.264', renditionFor('source', 640, 'h264'), 5],
  ] as const)(
    'on an overloaded machine: newest skips, every gets all frames in order (%s)',
    async (_, rendition, gop) => {
      // Each newest viewer costs a millisecond a frame; frames come every 10 ms.
      let now = 0;
      const loadShedder = new LoadShedder(() => now);
      const broadcast = new Broadcast(1, rendition);
      const every = recorder();
      const queue = new FrameQueue({ codec: rendition.codec, mostFrames: 20 });
      broadcast.subscribe(every, 'every');
      broadcast.subscribe(queue, 'every');
      const newest: number[][] = Array.from({ length: 25 }, () => []);
      for (const seen of newest) {
        broadcast.subscribe({ offer: ({ sequence }) => void (seen.push(sequence), (now += 1)) });
      }
      let skipped = 0;
      for (let sequence = 1; sequence <= 100; sequence += 1) {
        const idle = sequence * 10 - now;
        if (idle > 0) {
          vi.advanceTimersByTime(idle);
          now = Math.max(now, sequence * 10);
        }
        skipped += loadShedder.publish(broadcast, frame(sequence, sequence % gop === 1 % gop));
        // A recorder gets every frame at once, whatever the viewers get.
        expect(every.seen.at(-1)).toBe(sequence);
      }
      vi.runAllTimers();
      expect(every.seen).toEqual(upTo(100));
      expect(skipped).toBeGreaterThan(20);
      for (const seen of newest) {
        expect(seen).toHaveLength(100 - skipped);
        expect(seen).toEqual(newest[0]);
      }
      // A consumer that is slower than that loses whole GOPs, and knows it.
      queue.end();
      const first = await queue.next();
      expect(first).toEqual({ lost: 80 });
      let last = 80;
      for (let item = await queue.next(); item !== null && !isGap(item); item = await queue.next()) {
        if (last === 80) expect(item.keyframe).toBe(true);
        expect(item.sequence).toBe((last += 1));
      }
      expect(last).toBe(100);
    },
  );

  it('every is told of frames that the Capture skipped, and of a new Capture', () => {
    const broadcast = new Broadcast(1, renditionFor('source', 640, 'h264'));
    const viewer = recorder();
    broadcast.subscribe(viewer, 'every');
    broadcast.publish(frame(1));
    broadcast.publish(frame(2, false));
    broadcast.publish(frame(5));
    broadcast.forget();
    broadcast.publish(frame(1, false));
    broadcast.publish(frame(2));
    broadcast.publish(frame(3, false));
    expect(viewer.seen).toEqual([1, 2, '-2', 5, '-?', 2, 3]);
  });

  it('every begins with a whole GOP, also while newest viewers wait for theirs', () => {
    let now = 0;
    const loadShedder = new LoadShedder(() => now);
    const broadcast = new Broadcast(1, renditionFor('source', 640, 'h264'));
    broadcast.subscribe({ offer: () => void (now += 100) });
    for (const sequence of [1, 2, 3, 4, 5, 6, 7]) loadShedder.publish(broadcast, frame(sequence, sequence % 3 === 1));
    const viewer = recorder();
    broadcast.subscribe(viewer, 'every');
    loadShedder.publish(broadcast, frame(8, false));
    vi.runAllTimers();
    expect(viewer.seen).toEqual([7, 8]);
  });

  it('every gets audio, from the next frame on', () => {
    const broadcast = new Broadcast(1, renditionFor('source', 640, 'opus'));
    broadcast.publish(frame(1, false));
    const viewer = recorder();
    broadcast.subscribe(viewer, 'every');
    broadcast.publish(frame(2, false));
    broadcast.publish(frame(3, false));
    expect(viewer.seen).toEqual([2, 3]);
  });

  it('both are counted, and both leave', () => {
    const broadcast = new Broadcast(1, sourceRendition);
    const [one, other] = [recorder(), recorder()];
    broadcast.subscribe(one);
    broadcast.subscribe(other, 'every');
    expect([broadcast.viewerCount, broadcast.audience]).toEqual([2, 2]);
    expect([broadcast.unsubscribe(one), broadcast.unsubscribe(other), broadcast.unsubscribe(other)]).toEqual([true, true, false]); // prettier-ignore
    broadcast.publish(frame(1));
    expect([one.seen, other.seen, broadcast.viewerCount]).toEqual([[], [], 0]);
  });
});

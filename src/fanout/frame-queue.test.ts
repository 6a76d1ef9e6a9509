import { describe, expect, it } from 'vitest';
import type { Frame } from '../domain/media/frame.ts';
import { FrameQueue, isGap } from './frame-queue.ts';

function frame(sequence: number, keyframe = false, length = 10): Frame {
  return { bytes: Buffer.alloc(length), sequence, capturedAt: sequence, keyframe, width: 2, height: 2 };
}

/** What is in a queue, in order: `K1` and `p2` for frames, `-3` for a gap of three, `-?` for one of unknown length. */
async function drain(queue: FrameQueue): Promise<string> {
  queue.end();
  const items: string[] = [];
  for (let item = await queue.next(); item !== null; item = await queue.next()) {
    items.push(isGap(item) ? `-${item.lost ?? '?'}` : `${item.keyframe ? 'K' : 'p'}${item.sequence}`);
  }
  return items.join(' ');
}

describe('FrameQueue', () => {
  it('hands frames and gaps on in order, and waits for the next', async () => {
    const queue = new FrameQueue({ codec: 'h264' });
    const first = queue.next();
    queue.offer(frame(1, true));
    expect(await first).toMatchObject({ sequence: 1 });
    queue.offer(frame(2));
    queue.gap(3);
    queue.offer(frame(6));
    expect(await drain(queue)).toBe('p2 -3 p6');
  });

  it('drops the oldest GOP as a whole when it is full, and reports the gap in its place', async () => {
    const queue = new FrameQueue({ codec: 'h264', mostFrames: 6 });
    for (let sequence = 1; sequence <= 9; sequence += 1) queue.offer(frame(sequence, sequence % 3 === 1));
    expect(await drain(queue)).toBe('-3 K4 p5 p6 K7 p8 p9');
  });

  it('drops what is left of a GOP that the consumer has begun', async () => {
    const queue = new FrameQueue({ codec: 'h264', mostFrames: 4 });
    for (let sequence = 1; sequence <= 3; sequence += 1) queue.offer(frame(sequence, sequence === 1));
    expect(await queue.next()).toMatchObject({ sequence: 1 });
    for (let sequence = 4; sequence <= 6; sequence += 1) queue.offer(frame(sequence, sequence === 4));
    expect(await drain(queue)).toBe('-2 K4 p5 p6');
  });

  it('skips the rest of a GOP that does not fit, up to the next one', async () => {
    const queue = new FrameQueue({ codec: 'h264', mostFrames: 3 });
    for (let sequence = 1; sequence <= 7; sequence += 1) queue.offer(frame(sequence, sequence === 1 || sequence === 6));
    expect(await drain(queue)).toBe('-5 K6 p7');
  });

  it('is bounded in bytes, too', async () => {
    const queue = new FrameQueue({ codec: 'jpeg', mostBytes: 250 });
    for (let sequence = 1; sequence <= 5; sequence += 1) queue.offer(frame(sequence, true, 100));
    expect(await drain(queue)).toBe('-3 K4 K5');
  });

  it('drops audio frame by frame', async () => {
    const queue = new FrameQueue({ codec: 'opus', mostFrames: 2 });
    for (let sequence = 1; sequence <= 4; sequence += 1) queue.offer(frame(sequence));
    expect(await drain(queue)).toBe('-2 p3 p4');
  });

  it('puts gaps together, and one of unknown length with any other is unknown', async () => {
    const queue = new FrameQueue({ codec: 'jpeg', mostFrames: 1 });
    queue.offer(frame(1, true));
    queue.gap(2);
    queue.offer(frame(4, true));
    queue.gap(null);
    queue.gap(5);
    expect(await drain(queue)).toBe('-3 K4 -?');
  });

  it('gives up waiting with the signal, and loses nothing by that', async () => {
    const queue = new FrameQueue({ codec: 'jpeg' });
    const controller = new AbortController();
    const waiting = queue.next({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    queue.offer(frame(1, true));
    expect(await drain(queue)).toBe('K1');
  });
});

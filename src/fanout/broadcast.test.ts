import { describe, expect, it } from 'vitest';
import type { Frame } from '../domain/media/frame.ts';
import { renditionFor, sourceRendition } from '../domain/media/rendition.ts';
import { monotonicNow } from '../domain/clock.ts';
import { Broadcast } from './broadcast.ts';

function frame(sequence: number): Frame {
  return { bytes: Buffer.alloc(10), sequence, capturedAt: sequence, keyframe: true, width: 2, height: 2 };
}

function watch(broadcast: Broadcast): { seen: number[]; viewer: { offer(frame: Frame): void } } {
  const seen: number[] = [];
  const viewer = { offer: ({ sequence }: Frame) => void seen.push(sequence) };
  broadcast.subscribe(viewer);
  return { seen, viewer };
}

describe('Broadcast', () => {
  it('hands each frame to every viewer, and the newest at once to one that comes', () => {
    const broadcast = new Broadcast(1, sourceRendition);
    const early = watch(broadcast);
    broadcast.publish(frame(1));
    broadcast.publish(frame(2));
    const late = watch(broadcast);
    broadcast.publish(frame(3));
    expect(early.seen).toEqual([1, 2, 3]);
    expect(late.seen).toEqual([2, 3]);
    expect(broadcast).toMatchObject({ frames: 3, bytes: 30, viewerCount: 2 });
  });

  it('gives nothing to a viewer that has left', () => {
    const broadcast = new Broadcast(1, sourceRendition);
    const { seen, viewer } = watch(broadcast);
    expect(broadcast.unsubscribe(viewer)).toBe(true);
    expect(broadcast.unsubscribe(viewer)).toBe(false);
    broadcast.publish(frame(1));
    expect(seen).toEqual([]);
  });

  it('counts all who share one viewer, for metrics', () => {
    const broadcast = new Broadcast(1, sourceRendition);
    watch(broadcast);
    broadcast.subscribe({ audience: 3, offer: () => undefined });
    expect([broadcast.viewerCount, broadcast.audience]).toEqual([2, 4]);
  });

  it('of sound begins with what comes next, and gives every piece to everybody', () => {
    const broadcast = new Broadcast(1, renditionFor('source', 640, 'aac'));
    const piece = (sequence: number): Frame => ({ ...frame(sequence), keyframe: false, width: 0, height: 0 });
    const early = watch(broadcast);
    broadcast.publish(piece(1));
    const late = watch(broadcast);
    broadcast.publish(piece(2));
    expect([early.seen, late.seen]).toEqual([[1, 2], [2]]);
  });

  it('shows no frame of a Capture that has ended as a present picture', () => {
    const broadcast = new Broadcast(1, sourceRendition);
    broadcast.publish(frame(1));
    broadcast.forget();
    expect(watch(broadcast).seen).toEqual([]);
  });
});

describe('Broadcast of pictures that build on each other', () => {
  const rendition = { codec: 'h264', width: 640 } as const;

  /** A frame captured so many milliseconds ago. */
  const picture = (sequence: number, { keyframe = false, ago = 0 } = {}): Frame => ({
    ...frame(sequence),
    keyframe,
    capturedAt: monotonicNow() - ago,
  });

  it('gives a new viewer the pictures since a keyframe that is young', () => {
    const broadcast = new Broadcast(1, rendition, () => true);
    broadcast.publish(picture(1, { keyframe: true, ago: 100 }));
    broadcast.publish(picture(2, { ago: 60 }));
    const { seen } = watch(broadcast);
    broadcast.publish(picture(3));
    expect(seen).toEqual([1, 2, 3]);
  });

  it('hands them over at once to a viewer that can take them so', () => {
    const broadcast = new Broadcast(1, rendition);
    broadcast.publish(picture(1, { keyframe: true }));
    broadcast.publish(picture(2));
    const groups: number[][] = [];
    broadcast.subscribe({
      offer: () => undefined,
      offerGop: (frames) => groups.push(frames.map((each) => each.sequence)),
    });
    expect(groups).toEqual([[1, 2]]);
  });

  it('asks for a keyframe for viewers that come later, once for all of them, and they begin with it', () => {
    let asked = 0;
    const broadcast = new Broadcast(1, rendition, () => ((asked += 1), true));
    const early = watch(broadcast);
    expect(asked).toBe(1);
    broadcast.publish(picture(1, { keyframe: true, ago: 900 }));
    for (let frame = 1; frame < 26; frame += 1) broadcast.publish(picture(1 + frame, { ago: 900 - frame * 33 }));
    const [second, third] = [watch(broadcast), watch(broadcast)];
    expect(asked).toBe(2);
    broadcast.publish(picture(27));
    broadcast.publish(picture(28, { keyframe: true }));
    broadcast.publish(picture(29));
    expect(early.seen).toEqual(Array.from({ length: 29 }, (_, index) => index + 1));
    expect(second.seen).toEqual([28, 29]);
    expect(third.seen).toEqual([28, 29]);
  });

  it.each([
    ['three a second', [1_000, 667, 334, 1]],
    ['one a second', [1_950, 950]],
  ])('gives all since the last keyframe at once where they come slowly: %s', (_, ages) => {
    let asked = 0;
    const broadcast = new Broadcast(1, rendition, () => ((asked += 1), true));
    watch(broadcast);
    ages.forEach((ago, index) => broadcast.publish(picture(index + 1, { keyframe: index === 0, ago })));
    // Nobody else pays for it with a keyframe either.
    expect([watch(broadcast).seen, asked]).toEqual([ages.map((_age, index) => index + 1), 1]);
  });

  it('gives them at once where the camera has been silent for a moment', () => {
    const broadcast = new Broadcast(1, rendition, () => true);
    watch(broadcast);
    broadcast.publish(picture(1, { keyframe: true, ago: 900 }));
    for (let frame = 1; frame < 20; frame += 1) broadcast.publish(picture(1 + frame, { ago: 900 - frame * 33 }));
    expect(watch(broadcast).seen).toHaveLength(20);
  });

  it('gives all since the last keyframe where none can be had before its time', () => {
    const broadcast = new Broadcast(1, rendition, () => false);
    watch(broadcast);
    broadcast.publish(picture(1, { keyframe: true, ago: 5_000 }));
    broadcast.publish(picture(2, { ago: 4_000 }));
    expect(watch(broadcast).seen).toEqual([1, 2]);
  });

  it('keeps no more than a bounded group', () => {
    const broadcast = new Broadcast(1, rendition, () => false);
    watch(broadcast);
    broadcast.publish(picture(0, { keyframe: true }));
    for (let sequence = 1; sequence <= 300; sequence += 1) broadcast.publish(picture(sequence));
    const late = watch(broadcast);
    broadcast.publish(picture(301));
    broadcast.publish(picture(302, { keyframe: true }));
    expect(late.seen).toEqual([302]);
  });

  it('begins anew with the keyframe of the next Capture', () => {
    const broadcast = new Broadcast(1, rendition, () => true);
    const { seen } = watch(broadcast);
    broadcast.publish(picture(1, { keyframe: true }));
    broadcast.forget();
    broadcast.publish(picture(2));
    broadcast.publish(picture(3, { keyframe: true }));
    expect(seen).toEqual([1, 3]);
  });
});

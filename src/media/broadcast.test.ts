import { describe, expect, it } from 'vitest';
import type { Frame } from '../domain/frame.ts';
import { sourceRendition } from '../domain/rendition.ts';
import { Backoff } from './backoff.ts';
import { Broadcast } from './broadcast.ts';
import { RateMeter } from './rate-meter.ts';

function frame(sequence: number): Frame {
  return { bytes: Buffer.alloc(10), sequence, capturedAt: sequence, keyframe: true, width: 2, height: 2 };
}

function watch(broadcast: Broadcast): { seen: number[]; viewer: { offer(frame: Frame): void } } {
  const seen: number[] = [];
  const viewer = { offer: ({ sequence }: Frame) => void seen.push(sequence) };
  broadcast.add(viewer);
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
    expect(broadcast.remove(viewer)).toBe(true);
    expect(broadcast.remove(viewer)).toBe(false);
    broadcast.publish(frame(1));
    expect(seen).toEqual([]);
  });

  it('shows no frame of a Capture that has ended as a present picture', () => {
    const broadcast = new Broadcast(1, sourceRendition);
    broadcast.publish(frame(1));
    broadcast.forget();
    expect(watch(broadcast).seen).toEqual([]);
  });
});

describe('Backoff', () => {
  it('doubles up to its limit, with jitter, and starts again', () => {
    const backoff = new Backoff({ first: 100, most: 800 });
    for (const full of [100, 200, 400, 800, 800]) {
      const delay = backoff.next();
      expect(delay).toBeLessThanOrEqual(full);
      expect(delay).toBeGreaterThanOrEqual(full * 0.75 - 1);
    }
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(100);
  });
});

describe('RateMeter', () => {
  it('measures over its span and forgets what is older', () => {
    const meter = new RateMeter(5_000);
    expect(meter.rate).toBe(0);
    for (let second = 0; second <= 10; second += 1) meter.add(30, second * 1_000);
    expect(meter.rate).toBe(30);
    for (let second = 11; second <= 20; second += 1) meter.add(10, second * 1_000);
    expect(meter.rate).toBe(10);
  });
});

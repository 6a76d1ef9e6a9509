import { expect, it } from 'vitest';
import type { Frame } from '../domain/media/frame.ts';
import { PerFrame } from './per-frame.ts';

const frame = (sequence: number): Frame => ({
  bytes: Buffer.alloc(1),
  sequence,
  capturedAt: sequence,
  keyframe: true,
  width: 2,
  height: 2,
});

it('makes something once for each frame, and finds that of an earlier one', () => {
  const made: number[] = [];
  const cache = new PerFrame(({ sequence }) => {
    made.push(sequence);
    return sequence === 2 ? undefined : { sequence };
  });
  const [first, second] = [frame(1), frame(2)];
  const ofFirst = cache.of(first);
  expect(ofFirst).toEqual({ sequence: 1 });
  expect(cache.of(first)).toBe(ofFirst);
  expect([cache.of(second), cache.of(second)]).toEqual([undefined, undefined]);
  expect(cache.of(first)).toBe(ofFirst);
  expect(made).toEqual([1, 2]);
});

it('keeps only that of the last frame where nothing else is needed', () => {
  const cache = new PerFrame(({ sequence }) => ({ sequence }), { keep: 'last' });
  const [first, second] = [frame(1), frame(2)];
  const ofFirst = cache.of(first);
  expect(cache.of(first)).toBe(ofFirst);
  expect(cache.of(second)).toEqual({ sequence: 2 });
  expect(cache.of(first)).not.toBe(ofFirst);
});

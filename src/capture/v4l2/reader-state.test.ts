import { describe, expect, it } from 'vitest';
import { ReaderState } from './reader-state.ts';

describe('ReaderState', () => {
  it('is the same on both sides of the shared memory', () => {
    const ours = new ReaderState();
    const theirs = new ReaderState(ours.memory);
    expect(theirs.demand).toEqual({ ids: [], encode: false });
    ours.demand = { ids: [7, 4_000], encode: true };
    expect(theirs.demand).toEqual({ ids: [7, 4_000], encode: true });
    ours.demand = { ids: [9], encode: false };
    expect(theirs.demand).toEqual({ ids: [9], encode: false });
    expect(theirs.stopped).toBe(false);
    ours.stop();
    expect(theirs.stopped).toBe(true);
  });

  it('returns each count once', () => {
    const ours = new ReaderState();
    const theirs = new ReaderState(ours.memory);
    for (const what of ['captured', 'captured', 'captured', 'corrupt', 'pipe'] as const) theirs.count(what);
    expect(ours.takeCounts()).toEqual({ captured: 3, dropped: { corrupt: 1, pipe: 1 } });
    theirs.count('captured');
    expect(ours.takeCounts()).toEqual({ captured: 1, dropped: {} });
  });

  it('has room for 64 Renditions, and throws for more', () => {
    const state = new ReaderState();
    const ids = Array.from({ length: 64 }, (_, index) => index);
    state.demand = { ids, encode: false };
    expect(state.demand.ids).toEqual(ids);
    expect(() => (state.demand = { ids: [...ids, 64], encode: false })).toThrow(RangeError);
  });
});

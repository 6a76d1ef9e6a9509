import { describe, expect, it } from 'vitest';
import { ReaderState } from './reader-state.ts';

describe('the state of a reader', () => {
  it('is the same on both sides of one memory', () => {
    const ours = new ReaderState();
    const theirs = new ReaderState(ours.memory);
    expect(theirs.demand).toEqual({ ids: [], pictures: false });
    ours.demand = { ids: [7, 4_000], pictures: true };
    expect(theirs.demand).toEqual({ ids: [7, 4_000], pictures: true });
    ours.demand = { ids: [9], pictures: false };
    expect(theirs.demand).toEqual({ ids: [9], pictures: false });
    expect(theirs.stopped).toBe(false);
    ours.stop();
    expect(theirs.stopped).toBe(true);
  });

  it('gives what was counted once', () => {
    const ours = new ReaderState();
    const theirs = new ReaderState(ours.memory);
    for (const what of ['captured', 'captured', 'captured', 'corrupt', 'pipe'] as const) theirs.count(what);
    expect(ours.takeCounts()).toEqual({ captured: 3, dropped: { corrupt: 1, pipe: 1 } });
    theirs.count('captured');
    expect(ours.takeCounts()).toEqual({ captured: 1, dropped: {} });
  });

  it('has room for as many Renditions as anybody asks for, and says so when it has not', () => {
    const state = new ReaderState();
    const ids = Array.from({ length: 64 }, (_, index) => index);
    state.demand = { ids, pictures: false };
    expect(state.demand.ids).toEqual(ids);
    expect(() => (state.demand = { ids: [...ids, 64], pictures: false })).toThrow(RangeError);
  });
});

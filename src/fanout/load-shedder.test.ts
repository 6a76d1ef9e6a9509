import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame } from '../domain/media/frame.ts';
import { sourceRendition } from '../domain/media/rendition.ts';
import { Broadcast } from './broadcast.ts';
import { LoadShedder } from './load-shedder.ts';

/** A machine on which each viewer costs a millisecond a frame. */
class SlowMachine {
  now = 0;
  readonly loadShedder = new LoadShedder(() => this.now);
  readonly seen: number[][] = [];
  readonly order: number[] = [];
  readonly broadcast = new Broadcast(1, sourceRendition);

  constructor(viewers: number) {
    for (let viewer = 0; viewer < viewers; viewer += 1) {
      this.seen.push([]);
      this.broadcast.subscribe({
        offer: ({ sequence }) => {
          this.now += 1;
          this.seen[viewer]?.push(sequence);
          this.order.push(viewer);
        },
      });
    }
  }

  /** Frames come every 10 ms, also those that come too late because the machine was busy. @returns how many were skipped */
  run(frames: number): number {
    let skipped = 0;
    for (let sequence = 1; sequence <= frames; sequence += 1) {
      const idle = sequence * 10 - this.now;
      if (idle > 0) {
        vi.advanceTimersByTime(idle);
        this.now = Math.max(this.now, sequence * 10);
      }
      skipped += this.loadShedder.publish(this.broadcast, frame(sequence));
    }
    vi.runAllTimers();
    return skipped;
  }
}

function frame(sequence: number, keyframe = true): Frame {
  return { bytes: Buffer.alloc(1), sequence, capturedAt: sequence, keyframe, width: 2, height: 2 };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('LoadShedder', () => {
  it('publishes each frame at once while there is time', () => {
    const machine = new SlowMachine(5);
    expect(machine.run(20)).toBe(0);
    expect(machine.seen).toEqual(Array(5).fill(Array.from({ length: 20 }, (_, at) => at + 1)));
  });

  it('skips the same frames for all viewers when a round takes longer than a frame', () => {
    const machine = new SlowMachine(25);
    const skipped = machine.run(100);
    const [first = []] = machine.seen;
    expect(skipped).toBeGreaterThan(50);
    expect(first.length).toBe(100 - skipped);
    for (const seen of machine.seen) expect(seen).toEqual(first);
    expect(first.at(-1)).toBe(100);
  });

  it('lets the event loop turn some times before a round that is late', () => {
    const machine = new SlowMachine(20);
    machine.loadShedder.publish(machine.broadcast, frame(1));
    machine.loadShedder.publish(machine.broadcast, frame(2));
    for (let turn = 1; turn < 10; turn += 1) vi.advanceTimersToNextTimer();
    expect(machine.seen[0]).toEqual([1]);
    vi.advanceTimersToNextTimer();
    expect(machine.seen[0]).toEqual([1, 2]);
  });

  it('lets it turn on while there is something else to do, for half as long as a round takes', () => {
    const machine = new SlowMachine(20);
    machine.loadShedder.publish(machine.broadcast, frame(1));
    machine.loadShedder.publish(machine.broadcast, frame(2));
    // In each turn somebody connects, which takes half a millisecond.
    for (let turn = 1; turn < 20; turn += 1) {
      machine.now += 0.5;
      vi.advanceTimersToNextTimer();
    }
    expect(machine.seen[0]).toEqual([1]);
    machine.now += 0.5;
    vi.advanceTimersToNextTimer();
    expect(machine.seen[0]).toEqual([1, 2]);
  });

  it.each([
    ['waits a tenth of a second while there is something else to do', 0.5, 200],
    ['waits ten turns where there is nothing else', 0, 10],
  ])('in a rush of viewers it %s', (_, milliseconds, turns) => {
    const machine = new SlowMachine(5);
    const { broadcast, loadShedder } = machine;
    loadShedder.publish(broadcast, frame(1));
    vi.advanceTimersByTime(20);
    machine.now += 20;
    for (let come = 0; come < 8; come += 1) broadcast.subscribe({ offer: () => undefined });
    loadShedder.publish(broadcast, frame(2));
    for (let turn = 1; turn < turns; turn += 1) {
      machine.now += milliseconds;
      vi.advanceTimersToNextTimer();
    }
    expect(machine.seen[0]).toEqual([1]);
    machine.now += milliseconds;
    vi.advanceTimersToNextTimer();
    expect(machine.seen[0]).toEqual([1, 2]);
    // The rush is over.
    machine.now += 20;
    loadShedder.publish(broadcast, frame(3));
    expect(machine.seen[0]).toEqual([1, 2, 3]);
  });

  it('makes nobody wait for the first frame of all', () => {
    const machine = new SlowMachine(20);
    machine.loadShedder.publish(machine.broadcast, frame(1));
    expect(machine.seen).toEqual(Array(20).fill([1]));
  });

  it('begins each round with another viewer', () => {
    const machine = new SlowMachine(5);
    machine.run(50);
    const begun = machine.order.filter((_, at) => at % 5 === 0);
    for (let viewer = 0; viewer < 5; viewer += 1) {
      expect(begun.filter((each) => each === viewer).length).toBeGreaterThanOrEqual(5);
    }
  });

  it('skips up to a keyframe, never between', () => {
    const machine = new SlowMachine(20);
    const { loadShedder, broadcast } = machine;
    loadShedder.publish(broadcast, frame(1));
    expect(loadShedder.publish(broadcast, frame(2, false))).toBe(0);
    expect(loadShedder.publish(broadcast, frame(3))).toBe(1);
    expect(loadShedder.publish(broadcast, frame(4, false))).toBe(0);
    vi.runAllTimers();
    expect(machine.seen[0]).toEqual([1, 3, 4]);
  });

  it('publishes nothing of a Broadcast that is over', () => {
    const machine = new SlowMachine(20);
    machine.loadShedder.publish(machine.broadcast, frame(1));
    machine.loadShedder.publish(machine.broadcast, frame(2));
    machine.loadShedder.forget(machine.broadcast);
    vi.runAllTimers();
    expect(machine.seen[0]).toEqual([1]);
  });
});

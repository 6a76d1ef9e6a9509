import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReadingShare } from './reading-share.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A share, and whether its socket is read. */
function started() {
  const socket = { isReading: true, pause: () => (socket.isReading = false), resume: () => (socket.isReading = true) };
  return { socket, share: new ReadingShare(socket as unknown as Socket) };
}
const spend = (milliseconds: number): void => void vi.advanceTimersByTime(milliseconds);

describe('ReadingShare', () => {
  it('lets a camera read that takes a fifth of the time, and a burst', () => {
    const { socket, share } = started();
    share.charge(spend, 200);
    for (let second = 0; second < 60; second += 1) {
      vi.advanceTimersByTime(800);
      share.charge(spend, 200);
      expect(socket.isReading).toBe(true);
    }
  });

  it('pauses a camera that takes half of the time, so that it takes a quarter', () => {
    const { socket, share } = started();
    let spent = 0;
    for (let at = 0; at < 60_000; at += 20) {
      vi.advanceTimersByTime(10);
      if (!socket.isReading) {
        vi.advanceTimersByTime(10);
        continue;
      }
      share.charge(spend, 10);
      spent += 10;
    }
    expect(spent / 60_000).toBeGreaterThan(0.2);
    expect(spent / 60_000).toBeLessThan(0.3);
  });

  it('charges a fixed cost for what viewers take', () => {
    const { socket, share } = started();
    for (let frame = 0; frame < 300; frame += 1) share.charge(() => share.apart(spend, 30, 0.2), undefined);
    expect(socket.isReading).toBe(true);
    for (let frame = 0; frame < 10_000; frame += 1) share.charge(() => share.apart(spend, 0, 0.2), undefined);
    expect(share.isSpent).toBe(true);
  });

  it('charges work that throws, and reads no more once it is disposed of', () => {
    const { socket, share } = started();
    const fail = (): void => {
      spend(500);
      throw new Error('damaged');
    };
    expect(() => share.charge(fail, undefined)).toThrow('damaged');
    expect(socket.isReading).toBe(false);
    share[Symbol.dispose]();
    vi.advanceTimersByTime(60_000);
    expect(socket.isReading).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { LiveEdge } from './live-edge.ts';

describe('LiveEdge', () => {
  it('starts near the newest frame and then leaves playback alone', () => {
    const edge = new LiveEdge();
    expect(edge.next({ position: 0, start: 100, end: 102 }, 0)).toEqual({ seek: 102 - edge.distance, rate: 1 });
    expect(edge.next({ position: 101.95, start: 100, end: 102 }, 0)).toEqual({ rate: 1 });
    expect(edge.next({ position: 0, start: 100, end: 100.03 }, 0).seek).toBe(100);
  });

  it('catches up by playing faster, and jumps when it is a second behind', () => {
    const edge = new LiveEdge();
    const at = (behind: number) => edge.next({ position: 200 - behind, start: 100, end: 200 }, 0);
    expect(at(0.2)).toEqual({ rate: 1.08 });
    expect(at(0.7)).toEqual({ rate: 1.25 });
    expect(at(1.1).seek).toBeGreaterThan(199.8);
  });

  it('jumps over a gap', () => {
    const edge = new LiveEdge();
    expect(edge.next({ position: 9.99, start: 11, end: 11.04 }, 0).seek).toBe(11);
  });

  it('keeps a larger distance after stalls, within bounds, and a smaller one when none follow', () => {
    const edge = new LiveEdge();
    const before = edge.distance;
    edge.stalled(0);
    expect(edge.distance).toBeGreaterThan(before);
    for (let times = 0; times < 20; times += 1) edge.stalled(0);
    expect(edge.distance).toBeLessThanOrEqual(0.4);
    for (let second = 0; second < 300; second += 1) edge.next({ position: 1, start: 0, end: 1 }, second * 1_000);
    expect(edge.distance).toBeLessThanOrEqual(before);
  });
});

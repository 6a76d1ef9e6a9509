import { describe, expect, it } from 'vitest';
import { Meter } from './meter.ts';

describe('Meter', () => {
  it('measures rate, age and bitrate over the last seconds', () => {
    const meter = new Meter();
    for (let i = 0; i <= 60; i += 1) {
      meter.received(i, 10_000, i * 40);
      meter.drawn(80 + (i % 3), i * 40);
    }
    const stats = meter.stats(2400);
    expect(stats.fps).toBeCloseTo(25, 5);
    expect(stats.age).toBe(81);
    expect(stats.bitrate).toBeCloseTo(25 * 80_000, 0);
    expect(stats.drops).toBe(0);
  });

  it('does not take a burst after a pause for the frame rate', () => {
    const meter = new Meter();
    // Two frames per second, of which five come at once after a stall.
    for (const at of [0, 500, 1000, 3500, 3501, 3502, 3503, 3504]) {
      meter.received(at, 1000, at);
      meter.drawn(80, at);
    }
    const stats = meter.stats(3600);
    expect(stats.fps).toBeCloseTo(2, 1);
    expect(stats.bitrate).toBeCloseTo(16_000, -3);
    expect(stats.ages).toHaveLength(5);
  });

  it('tells no rate by the first frames, which may come at once', () => {
    const meter = new Meter();
    for (const at of [0, 1, 2, 30, 63, 96]) meter.drawn(80, at);
    expect(meter.stats(100).fps).toBe(0);
    for (let at = 129; at <= 2_500; at += 33) meter.drawn(80, at);
    expect(meter.stats(2_500).fps).toBeCloseTo(30, 0);
  });

  it('shows the rate of a camera soon after a long pause', () => {
    const meter = new Meter();
    for (const at of [0, ...Array.from({ length: 61 }, (_, index) => 3_600_000 + index * 40)]) meter.drawn(80, at);
    expect(meter.stats(3_601_000).fps).toBeGreaterThan(5);
    expect(meter.stats(3_602_400).fps).toBeCloseTo(25, 5);
  });

  it('counts gaps and discarded frames as drops, but not a camera that restarts', () => {
    const meter = new Meter();
    for (const sequence of [1, 2, 5, 1, 2]) meter.received(sequence, 1, 0);
    meter.dropped();
    expect(meter.stats(0).drops).toBe(3);
  });

  it('reports nothing before the first frame and after a long silence', () => {
    const meter = new Meter();
    expect(meter.stats(0)).toEqual({ fps: 0, age: null, ages: [], bitrate: 0, drops: 0 });
    meter.drawn(50, 0);
    expect(meter.stats(10_000).age).toBeNull();
  });

  it('counts no drops for frames that were not requested, and keeps its count', () => {
    const meter = new Meter();
    meter.received(1, 100, 0);
    meter.received(3, 100, 10);
    meter.beginStream();
    meter.received(900, 100, 60_000);
    expect(meter.stats(60_000).drops).toBe(1);
  });
});

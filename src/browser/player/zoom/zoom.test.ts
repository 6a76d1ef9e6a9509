import { describe, expect, it } from 'vitest';
import { fitted, scaleWord, wheelFactor, whole, within, zoomAt } from './zoom.ts';

const frame = { width: 400, height: 300 };

describe('zoom', () => {
  it('the point under the finger stays under it', () => {
    const point = { x: 100, y: -50 };
    const at = zoomAt(whole, 2, point);
    // A point p of the picture is seen at p * scale + offset.
    expect({ x: 100 * at.scale + at.x, y: -50 * at.scale + at.y }).toEqual(point);
  });

  it('never smaller than the frame, never too large', () => {
    expect(zoomAt(whole, 0.2, { x: 0, y: 0 }).scale).toBe(1);
    expect(zoomAt(whole, 100, { x: 0, y: 0 }).scale).toBe(8);
  });

  it('the picture does not leave its frame', () => {
    expect(within({ scale: 2, x: 900, y: -900 }, frame)).toEqual({ scale: 2, x: 200, y: -150 });
    expect(within({ scale: 1, x: 30, y: 3 }, frame)).toEqual(whole);
  });

  it('a letterboxed image shows no more black than before', () => {
    // 4:3 in a wide frame: 400 of 800 pixels are the picture.
    const [wide, content] = [
      { width: 800, height: 300 },
      fitted({ width: 640, height: 480 }, { width: 800, height: 300 }),
    ];
    expect(content).toEqual({ width: 400, height: 300 });
    // At 1.5× it is 600 wide and still fits: it stays in the middle, and only up and down is there anything to see.
    expect(within({ scale: 1.5, x: 500, y: 500 }, wide, content)).toEqual({ scale: 1.5, x: 0, y: 75 });
    // At 4× it is 1600 wide: it goes as far as its edge.
    expect(within({ scale: 4, x: 9999, y: 0 }, wide, content)).toEqual({ scale: 4, x: 400, y: 0 });
  });

  it('a wheel that turns and one that turns back cancel each other, in pixels, lines and pinches', () => {
    for (const deltaMode of [0, 1]) {
      for (const ctrlKey of [false, true]) {
        const step = (deltaY: number) => wheelFactor({ deltaY, deltaMode, ctrlKey });
        expect(step(-3)).toBeGreaterThan(1);
        expect(step(-3) * step(3)).toBeCloseTo(1);
      }
    }
    expect(wheelFactor({ deltaY: -100_000, deltaMode: 0, ctrlKey: true })).toBeLessThan(8);
  });

  it('the zoom factor is short text', () => {
    expect([scaleWord(1), scaleWord(2.5), scaleWord(7.96)]).toEqual(['1×', '2.5×', '8×']);
  });
});

import { describe, expect, it } from 'vitest';
import { whole, within, zoomAt } from './zoom.ts';

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
});

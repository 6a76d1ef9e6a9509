/** How a picture lies in its frame: scaled about the frame's middle, then moved by pixels. */
export interface Placement {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** The whole picture, in the middle. */
export const whole: Placement = { scale: 1, x: 0, y: 0 };

const largest = 8;

/**
 * Scales so that the point under the finger stays under it.
 *
 * @param point pixels from the frame's middle
 */
export function zoomAt(at: Placement, factor: number, point: { readonly x: number; readonly y: number }): Placement {
  const scale = Math.min(largest, Math.max(1, at.scale * factor));
  const grown = scale / at.scale;
  return { scale, x: point.x - (point.x - at.x) * grown, y: point.y - (point.y - at.y) * grown };
}

/** Keeps the picture from leaving its frame. */
export function within(at: Placement, frame: { readonly width: number; readonly height: number }): Placement {
  if (at.scale <= 1) return whole;
  const reach = (side: number) => (side * (at.scale - 1)) / 2;
  const hold = (value: number, most: number) => Math.min(most, Math.max(-most, value));
  return { scale: at.scale, x: hold(at.x, reach(frame.width)), y: hold(at.y, reach(frame.height)) };
}

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

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Keeps the picture's edges from coming into its frame; a side that is shorter than the frame's stays in the middle.
 *
 * @param content the size of the picture in the frame while it is not scaled
 */
export function within(at: Placement, frame: Size, content: Size = frame): Placement {
  if (at.scale <= 1) return whole;
  const hold = (value: number, most: number) => Math.min(most, Math.max(-most, value));
  const held = (value: number, side: number, room: number) => hold(value, Math.max(0, (side * at.scale - room) / 2));
  return {
    scale: at.scale,
    x: held(at.x, content.width, frame.width),
    y: held(at.y, content.height, frame.height),
  };
}

/** The size at which a picture just fits into a frame. */
export function fitted(picture: Size, frame: Size): Size {
  if (picture.width <= 0 || picture.height <= 0) return frame;
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** How a wheel's step scales; pinching a touchpad comes as a wheel with Ctrl, in finer steps. */
export function wheelFactor({ deltaY, deltaMode, ctrlKey }: WheelStep): number {
  // Lines and pages instead of pixels: a mouse in Firefox.
  const pixels = deltaY * (deltaMode === 0 ? 1 : deltaMode === 1 ? 33 : 300);
  return Math.exp(-Math.min(200, Math.max(-200, pixels)) * (ctrlKey ? 0.01 : 0.002));
}

/** What {@link wheelFactor} needs of a WheelEvent. */
export type WheelStep = Pick<WheelEvent, 'deltaY' | 'deltaMode' | 'ctrlKey'>;

/** The scale as a person reads it: `2.5×`. */
export function scaleWord(scale: number): string {
  return `${scale.toFixed(1).replace(/\.0$/, '')}×`;
}

import { numberWord } from '../../../text/numbers.ts';

/** Position of an image in its frame: scaled around the frame's centre, then moved by pixels. */
export interface Placement {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** The whole image, centred. */
export const whole: Placement = { scale: 1, x: 0, y: 0 };

const largest = 8;

/**
 * Scales around a point, which stays where it is.
 *
 * @param point pixels from the frame's centre
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
 * Limits panning to the edges of the image; a side shorter than the frame's stays centred.
 *
 * @param content the size of the unscaled image in the frame
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

/** The largest size at which an image fits into a frame. */
export function fitted(picture: Size, frame: Size): Size {
  if (picture.width <= 0 || picture.height <= 0) return frame;
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** Zoom factor of a wheel event. Pinching on a touchpad arrives as wheel events with Ctrl, in finer steps. */
export function wheelFactor({ deltaY, deltaMode, ctrlKey }: WheelStep): number {
  // Firefox reports a mouse wheel in lines or pages.
  const pixels = deltaY * (deltaMode === 0 ? 1 : deltaMode === 1 ? 33 : 300);
  return Math.exp(-Math.min(200, Math.max(-200, pixels)) * (ctrlKey ? 0.01 : 0.002));
}

/** The fields of WheelEvent that {@link wheelFactor} uses. */
export type WheelStep = Pick<WheelEvent, 'deltaY' | 'deltaMode' | 'ctrlKey'>;

/** A zoom factor as text: `2.5×`. */
export function scaleWord(scale: number): string {
  return `${numberWord(scale, { most: 1 })}×`;
}

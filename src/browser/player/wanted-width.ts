import type { Size } from './zoom.ts';

/** What decides how wide a picture is asked for. */
export interface WidthFacts {
  /** `auto` for as many pixels as the element has on this screen. */
  readonly chosen: number | 'source' | 'auto';
  /** Never more than this, unless zoomed. */
  readonly most: number | 'source';
  /** The element's size in CSS pixels. */
  readonly element: Size;
  /** Pixels of the screen for one of CSS. */
  readonly density: number;
  /** How far the person has zoomed in; 1 for the whole picture. */
  readonly scale: number;
  /** The camera's own size, once it is known. */
  readonly source: Size | null;
}

const least = 16;
const largest = 7_680;

/** The width in pixels to ask for, `source` for the camera's own. */
export function wantedWidth({ chosen, most, element, density, scale, source }: WidthFacts): number | 'source' {
  if (chosen === 'source') return chosen;
  const shape = source === null ? 16 / 9 : source.width / source.height;
  const needed = Math.min(element.width, element.height * shape) * density;
  const cap = most === 'source' ? Infinity : most;
  const plain = chosen === 'auto' ? Math.min(needed, cap) : chosen;
  const width = Math.max(least, Math.ceil(plain * scale));
  if (source !== null && width >= source.width) return most === 'source' || scale > 1 ? 'source' : most;
  return Math.min(width, largest);
}

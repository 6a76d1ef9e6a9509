import type { Size } from './zoom/zoom.ts';

/** Inputs of {@link wantedWidth}. */
export interface WidthFacts {
  /** `auto` for as many pixels as the element has on the screen. */
  readonly chosen: number | 'source' | 'auto';
  /** The limit while not zoomed. */
  readonly most: number | 'source';
  /** The element's size in CSS pixels. */
  readonly element: Size;
  /** Device pixels per CSS pixel. */
  readonly density: number;
  /** Zoom factor; 1 while not zoomed. */
  readonly scale: number;
  /** The camera's size; null while unknown. */
  readonly source: Size | null;
  /** The widest to save data, also while zoomed; undefined without that. */
  readonly saver?: number | undefined;
}

const least = 16;
const largest = 7_680;

/** The width to request in pixels; `source` for the camera's own. */
export function wantedWidth(facts: WidthFacts): number | 'source' {
  const { saver, source } = facts;
  const width = freeWidth(facts);
  if (saver === undefined || (width !== 'source' && width <= saver)) return width;
  return source !== null && source.width <= saver ? 'source' : saver;
}

function freeWidth({ chosen, most, element, density, scale, source }: WidthFacts): number | 'source' {
  if (chosen === 'source') return chosen;
  const shape = source === null ? 16 / 9 : source.width / source.height;
  const needed = Math.min(element.width, element.height * shape) * density;
  const cap = most === 'source' ? Infinity : most;
  const plain = chosen === 'auto' ? Math.min(needed, cap) : chosen;
  const width = Math.max(least, Math.ceil(plain * scale));
  if (source !== null && width >= source.width) return most === 'source' || scale > 1 ? 'source' : most;
  return Math.min(width, largest);
}

import { m } from '#messages';

/** A number as it is written in the current language, with this many decimals at most, or exactly with `least`. */
export function numberWord(
  value: number,
  { most = 0, least = 0 }: { readonly most?: number; readonly least?: number } = {},
): string {
  return new Intl.NumberFormat(m.common_intl(), {
    minimumFractionDigits: least,
    maximumFractionDigits: Math.max(most, least),
    useGrouping: false,
  }).format(value);
}

/** A number, or a text of one, with its unit: `80 ms`. A no-break space keeps them together. */
export function withUnit(value: number | string, unit: string): string {
  return `${value}\u00a0${unit}`;
}

/** A size in pixels: `1280 × 720`. No-break spaces keep it together. */
export function sizeWord({ width, height }: { readonly width: number; readonly height: number }): string {
  return `${width}\u00a0×\u00a0${height}`;
}

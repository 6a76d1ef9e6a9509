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

/** A filter by FFmpeg's name, and its arguments. */
export type Stage = readonly [filter: string, args: string];

/**
 * Returns the filters that turn and mirror a frame as its display matrix says (libavutil/display.h): nine numbers of 32
 * bits, of which the first, second, fourth and fifth say how the axes map to each other. Other angles than quarter turns
 * are rounded to one.
 */
export function turnsOf(matrix: Buffer): readonly Stage[] {
  const [a = 1, b = 0, , c = 0, d = 1] = new Int32Array(Uint8Array.from(matrix).buffer);
  if (Math.abs(b) > Math.abs(a)) {
    if (b > 0) return [['transpose', c > 0 ? 'cclock_flip' : 'clock']];
    return [['transpose', c > 0 ? 'cclock' : 'clock_flip']];
  }
  return [...(a < 0 ? [['hflip', ''] as const] : []), ...(d < 0 ? [['vflip', ''] as const] : [])];
}

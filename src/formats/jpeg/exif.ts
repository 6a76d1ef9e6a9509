/** The orientation of an image in EXIF (CIPA DC-008): a small TIFF file in the segment APP1. */

const header = Buffer.from('Exif\0\0', 'latin1');
const orientationTag = 0x0112;

/**
 * Reads the tag Orientation (4.6.4): 1 as it is, 2 mirrored, 3 turned by 180°, 4 mirrored and turned by 180°, 5 mirrored
 * and turned by 270° clockwise, 6 turned by 90°, 7 mirrored and turned by 90°, 8 turned by 270°.
 *
 * @param payload the segment behind its length
 * @returns null if it is not EXIF or has no valid orientation.
 */
export function readOrientation(payload: Buffer): number | null {
  if (!payload.subarray(0, header.length).equals(header)) return null;
  const tiff = payload.subarray(header.length);
  if (tiff.length < 8) return null;
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number): number => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return null;
  const count = u16(directory);
  for (let entry = directory + 2; entry + 12 <= tiff.length && entry < directory + 2 + count * 12; entry += 12) {
    if (u16(entry) !== orientationTag) continue;
    const value = u16(entry + 8);
    return value >= 1 && value <= 8 ? value : null;
  }
  return null;
}

/** True if an image with this orientation is displayed with its width and height swapped. */
export function swapsSides(orientation: number): boolean {
  return orientation >= 5;
}

/** Writes an APP1 segment that contains nothing but the orientation. */
export function orientationSegment(orientation: number): Buffer {
  const tiff = Buffer.from('MM\0*\0\0\0\u0008\0\u0001\u0001\u0012\0\u0003\0\0\0\u0001\0\0\0\0\0\0\0\0', 'latin1');
  tiff.writeUInt16BE(orientation, 18);
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), header, tiff]);
  segment.writeUInt16BE(segment.length - 2, 2);
  return segment;
}

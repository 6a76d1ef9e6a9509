/** A marker segment of a JPEG. */
export interface JpegSegment {
  /** The second byte of its marker, such as 0xdb for DQT. */
  readonly marker: number;
  /** What follows its length, in the memory of the JPEG. */
  readonly content: Buffer;
  /** Where it ends. */
  readonly end: number;
}

/**
 * The marker segments of a JPEG behind SOI, up to the first one that is damaged or cut off (ITU-T T.81, B.1.1). The data
 * behind SOS are no segment: callers end there.
 */
export function* segmentsOf(jpeg: Buffer): Generator<JpegSegment> {
  for (let at = 2; at + 4 <= jpeg.length;) {
    const marker = jpeg[at + 1] as number;
    if (jpeg[at] !== 0xff) return;
    if (marker === 0xff) {
      at += 1; // a fill byte (B.1.1.2)
      continue;
    }
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    if (end > jpeg.length || end < at + 4) return;
    yield { marker, content: jpeg.subarray(at + 4, end), end };
    at = end;
  }
}

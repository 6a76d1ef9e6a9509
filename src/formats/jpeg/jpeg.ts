import { readOrientation } from './exif.ts';

/** The structure of a JPEG (ITU-T T.81, annex B), read without decoding it. */
export interface JpegLayout {
  /** Bytes from SOI up to and including EOI; anything behind is padding. */
  readonly length: number;
  /** Pixels, as stored. */
  readonly width: number;
  /** Pixels, as stored. */
  readonly height: number;
  /** How to turn and mirror the image for display: 1 (not at all) to 8, see {@link readOrientation}. */
  readonly orientation: number;
  /** False for the abbreviated JPEGs of many UVC cameras, which omit the standard tables. */
  readonly hasHuffmanTables: boolean;
  /**
   * Ranges `[from, to)` of EXIF segments with a thumbnail. A thumbnail is a JPEG itself and confuses simple scanners.
   */
  readonly thumbnails: readonly (readonly [from: number, to: number])[];
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DHT = 0xc4;
const APP1 = 0xe1;
const endOfImage = Buffer.from([0xff, EOI]);
const startOfImage = Buffer.from([0xff, SOI]);

/**
 * Finds the layout of the JPEG at the start of `bytes`.
 *
 * @param options `endsThere`: if `bytes` end with an EOI, the JPEG ends there, and the search for an earlier one is
 *   skipped
 * @returns null if the JPEG is incomplete or damaged: no SOI at the start, a broken segment, no size, or no EOI.
 */
export function inspectJpeg(bytes: Buffer, { endsThere = false } = {}): JpegLayout | null {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== SOI) return null;
  let at = 2;
  let [width, height] = [0, 0];
  let hasHuffmanTables = false;
  let orientation = 1;
  const thumbnails: [number, number][] = [];
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at += 1; // fill bytes may stand before a marker (B.1.1.2)
      continue;
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length || end < at + 4) return null;
    if (isFrameHeader(marker) && end >= at + 9) {
      height = bytes.readUInt16BE(at + 5);
      width = bytes.readUInt16BE(at + 7);
    } else if (marker === DHT) hasHuffmanTables = true;
    else if (marker === APP1) {
      const payload = bytes.subarray(at + 4, end);
      orientation = readOrientation(payload) ?? orientation;
      if (payload.includes(startOfImage)) thumbnails.push([at, end]);
    }
    at = end;
    if (marker !== SOS) continue;
    // In entropy-coded data 0xff is always followed by 0 or a restart marker, so the first EOI from here is the end.
    const last = endsThere && endsWithEoi(bytes, at) ? bytes.length - 2 : bytes.indexOf(endOfImage, at);
    if (last === -1 || width === 0 || height === 0) return null;
    return { length: last + 2, width, height, orientation, hasHuffmanTables, thumbnails };
  }
  return null;
}

/** Inserts a segment behind the SOI of a JPEG. */
export function withSegment(bytes: Buffer, segment: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(2)]);
}

/** The JPEG without the given ranges; the same buffer if `ranges` is empty. */
export function withoutRanges(bytes: Buffer, ranges: JpegLayout['thumbnails']): Buffer {
  if (ranges.length === 0) return bytes;
  const parts: Buffer[] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    parts.push(bytes.subarray(at, from));
    at = to;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

function endsWithEoi(bytes: Buffer, from: number): boolean {
  const { length } = bytes;
  return length >= from + 2 && bytes[length - 2] === 0xff && bytes[length - 1] === EOI;
}

/** SOF0–SOF15 carry the size, except the three of that range that are other segments (table B.1). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== DHT && marker !== 0xc8 && marker !== 0xcc;
}

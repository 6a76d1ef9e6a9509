import { nalType, type NalUnit } from './h264.ts';

/** `payloadType` of the display orientation (ITU-T H.264, D.1.27). */
const displayOrientation = 47;
/** `anticlockwise_rotation` of a quarter turn: a full turn is 2¹⁶ (D.2.27). */
const quarterTurn = 0x4000;

/** How decoded frames are to be shown, in supplemental enhancement information. */
export interface DisplayOrientation {
  /** False if the frames are upright. Other angles than quarter turns are rounded to one. */
  readonly isTurned: boolean;
  /** True if it also holds for the frames that follow. */
  readonly persists: boolean;
  /** The NAL unit that says so. */
  readonly unit: NalUnit;
}

/** Finds the display orientation of an access unit; null if it has none. */
export function displayOrientationOf(units: readonly NalUnit[]): DisplayOrientation | null {
  for (const unit of units) {
    const payload = unit.type === nalType.sei ? payloadOf(unit.bytes) : null;
    if (payload === null) continue;
    // One bit cancels an earlier orientation, two are flips, 16 the rotation; then 1 for a repetition period of 0.
    const bits = payload.readUIntBE(0, 3);
    const isCanceled = bits >> 23 === 1;
    const isFlipped = ((bits >> 21) & 3) !== 0;
    const turns = Math.round(((bits >> 5) & 0xffff) / quarterTurn) % 4;
    return {
      isTurned: !isCanceled && (isFlipped || turns !== 0),
      persists: !isCanceled && ((bits >> 4) & 1) === 0,
      unit,
    };
  }
  return null;
}

/** The payload of a display orientation (7.3.2.3.1), with at least three bytes. */
function payloadOf(sei: Buffer): Buffer | null {
  const bytes = withoutEmulation(sei);
  for (let at = 1; at + 2 < bytes.length;) {
    let [type, size] = [0, 0];
    for (; bytes[at] === 0xff; at += 1) type += 255;
    type += bytes[at] ?? 0;
    at += 1;
    for (; bytes[at] === 0xff; at += 1) size += 255;
    size += bytes[at] ?? 0;
    at += 1;
    const payload = bytes.subarray(at, at + size);
    if (type === displayOrientation && payload.length >= 3) return payload;
    at += size;
  }
  return null;
}

/** Removes the bytes that keep start codes out of a NAL unit (7.4.1). */
function withoutEmulation(bytes: Buffer): Buffer {
  return Buffer.from(bytes.filter((byte, at) => byte !== 3 || at < 2 || bytes[at - 1] !== 0 || bytes[at - 2] !== 0));
}

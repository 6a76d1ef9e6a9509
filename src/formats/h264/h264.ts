import { BitReader, withoutEmulation } from '../nal/bits.ts';

/**
 * The structure of H.264 (ITU-T H.264) in its byte stream format (annex B), read without decoding: the NAL units of an
 * access unit, keyframes, parameter sets.
 */

/** Types of NAL units (table 7-1). */
export const nalType = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9, filler: 12 } as const;

/** One NAL unit: its bytes without the start code. */
export interface NalUnit {
  readonly type: number;
  /** Shares the memory of the access unit. */
  readonly bytes: Buffer;
}

/** The parameter sets that a decoder needs before the first frame: NAL units without start codes. */
export interface ParameterSets {
  readonly sps: Buffer;
  readonly pps: Buffer;
}

/** The contents of a sequence parameter set. */
export interface SequenceFacts {
  /** `profile_idc`: 66 baseline, 77 main, 100 high. */
  readonly profile: number;
  /** The byte of constraint flags that follows `profile_idc`. */
  readonly constraints: number;
  /** `level_idc`: ten times the level. */
  readonly level: number;
  /** `chroma_format_idc`: 1 is 4:2:0. */
  readonly chromaFormat: number;
  /** Bits of a luma sample. */
  readonly bitDepth: number;
  /** `frame_mbs_only_flag`: false if the frames may be interlaced. */
  readonly progressive: boolean;
  /** Pixels, after cropping. */
  readonly width: number;
  /** Pixels, after cropping. */
  readonly height: number;
}

const startCode = Buffer.from([0, 0, 1]);
const longStartCode = Buffer.from([0, 0, 0, 1]);

/** Splits an access unit in Annex B into NAL units; empty if it has no start code. */
export function nalUnits(accessUnit: Buffer): readonly NalUnit[] {
  const units: NalUnit[] = [];
  let at = accessUnit.indexOf(startCode);
  while (at !== -1) {
    const from = at + startCode.length;
    at = accessUnit.indexOf(startCode, from);
    let to = at === -1 ? accessUnit.length : at;
    // Zeros before a start code, and at the end, are stuffing: a NAL unit never ends in one (7.4.1).
    while (to > from && accessUnit[to - 1] === 0) to -= 1;
    if (to > from) units.push({ type: (accessUnit[from] as number) & 0x1f, bytes: accessUnit.subarray(from, to) });
  }
  return units;
}

/** The NAL units of an access unit up to its first slice, whose bytes reach to the end: the search stops there. */
export function headUnits(accessUnit: Buffer): readonly NalUnit[] {
  const units: NalUnit[] = [];
  let at = accessUnit.indexOf(startCode);
  while (at !== -1) {
    const from = at + startCode.length;
    const type = (accessUnit[from] ?? 0) & 0x1f;
    if (type >= nalType.slice && type <= nalType.idr) return [...units, { type, bytes: accessUnit.subarray(from) }];
    at = accessUnit.indexOf(startCode, from);
    if (at > from) units.push({ type, bytes: accessUnit.subarray(from, at) });
  }
  return units;
}

/** True for a B slice (table 7-6): the frames of the stream are probably not in the order in which they are shown. */
export function isBidirectional(slice: Buffer): boolean {
  const bits = new BitReader(slice.subarray(1, 12));
  try {
    bits.unsigned(); // first_mb_in_slice
    return bits.unsigned() % 5 === 1; // slice_type
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** True if every browser plays this: Baseline, Main or High, 4:2:0 in 8 bits, and not interlaced. */
export function isPlayable({ profile, chromaFormat, bitDepth, progressive }: SequenceFacts): boolean {
  return playableProfiles.has(profile) && chromaFormat === 1 && bitDepth === 8 && progressive;
}

/** The profiles that every browser plays, as `profile_idc`: Baseline, Main and High. */
const playableProfiles = new Set([66, 77, 100]);

/** A source that sends this many frames without a keyframe is considered to have none. */
export const mostWithoutKeyframe = 1_500;

/** Joins NAL units to an access unit in Annex B, in a new buffer. */
export function annexB(units: readonly Buffer[]): Buffer {
  return Buffer.concat(units.flatMap((bytes) => [longStartCode, bytes]));
}

/** True if the access unit has an IDR slice: decoding can begin here. */
export function isKeyframe(units: readonly NalUnit[]): boolean {
  return units.some(({ type }) => type === nalType.idr);
}

/** True if the units contain a part of a frame (types 1 to 5), not only parameter sets and the like. */
export function hasSlice(units: readonly NalUnit[]): boolean {
  return units.some(({ type }) => type >= nalType.slice && type <= nalType.idr);
}

/** Finds the last SPS and the last PPS; null unless both are present. */
export function parameterSetsOf(units: readonly NalUnit[]): ParameterSets | null {
  const sps = units.findLast(({ type }) => type === nalType.sps)?.bytes;
  const pps = units.findLast(({ type }) => type === nalType.pps)?.bytes;
  return sps === undefined || pps === undefined ? null : { sps, pps };
}

/**
 * Prepends the parameter sets to a keyframe that lacks them; returns the same buffer if it has them. Browsers need them
 * with each keyframe, but many cameras and some encoders send them once.
 */
export function withParameterSets(accessUnit: Buffer, units: readonly NalUnit[], { sps, pps }: ParameterSets): Buffer {
  if (parameterSetsOf(units) !== null) return accessUnit;
  // A delimiter may only be the first NAL unit, and it is optional.
  const rest = units.filter(({ type }) => type !== nalType.delimiter);
  return annexB([sps, pps, ...rest.map(({ bytes }) => bytes)]);
}

/** True if both are the same, so that a decoder needs only one of them. */
export function sameParameterSets(one: ParameterSets, other: ParameterSets): boolean {
  return one.sps.equals(other.sps) && one.pps.equals(other.pps);
}

/** Profiles whose SPS contains chroma format and bit depth (7.3.2.1.1). */
const withChroma = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** No level allows a longer side: 1,055 macroblocks at level 6.2 (A.3.1, table A-1). */
export const largestSide = 1_055 * 16;

/**
 * Reads a sequence parameter set (7.3.2.1.1).
 *
 * @param sps the NAL unit
 * @returns null if it isn't a sequence parameter set, or is cut short.
 */
export function readSequence(sps: Buffer): SequenceFacts | null {
  if (sps.length < 5 || ((sps[0] as number) & 0x1f) !== nalType.sps) return null;
  const [, profile = 0, constraints = 0, level = 0] = sps;
  const bits = new BitReader(withoutEmulation(sps.subarray(4)));
  try {
    bits.unsigned(); // seq_parameter_set_id
    let chromaFormat = 1;
    let bitDepth = 8;
    if (withChroma.has(profile)) {
      chromaFormat = bits.unsigned();
      if (chromaFormat === 3) bits.read(1); // separate_colour_plane_flag
      bitDepth = bits.unsigned() + 8;
      bits.unsigned(); // bit_depth_chroma_minus8
      bits.read(1); // qpprime_y_zero_transform_bypass_flag
      if (bits.read(1) === 1) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8);
    }
    bits.unsigned(); // log2_max_frame_num_minus4
    skipPictureOrder(bits);
    bits.unsigned(); // max_num_ref_frames
    bits.read(1); // gaps_in_frame_num_value_allowed_flag
    const columns = bits.unsigned() + 1;
    const rows = bits.unsigned() + 1;
    const framesOnly = bits.read(1);
    if (framesOnly === 0) bits.read(1); // mb_adaptive_frame_field_flag
    bits.read(1); // direct_8x8_inference_flag
    const [left, right, top, bottom] = bits.read(1) === 1 ? Array.from({ length: 4 }, () => bits.unsigned()) : [];
    const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
    const cropY = (chromaFormat === 1 ? 2 : 1) * (2 - framesOnly);
    const width = columns * 16 - ((left ?? 0) + (right ?? 0)) * cropX;
    const height = rows * 16 * (2 - framesOnly) - ((top ?? 0) + (bottom ?? 0)) * cropY;
    if (width > largestSide || height > largestSide) return null;
    if (width <= 0 || height <= 0) return null;
    return { profile, constraints, level, chromaFormat, bitDepth, progressive: framesOnly === 1, width, height };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The codec string for browsers (RFC 6381, section 3.3), such as `avc1.42C01F`. */
export function codecName({ profile, constraints, level }: SequenceFacts): string {
  const hex = [profile, constraints, level].map((byte) => byte.toString(16).padStart(2, '0'));
  return `avc1.${hex.join('').toUpperCase()}`;
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.unsigned();
  if (type === 0) bits.unsigned(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return;
  bits.read(1); // delta_pic_order_always_zero_flag
  bits.unsigned(); // offset_for_non_ref_pic: signed, but with as many bits as an unsigned number
  bits.unsigned(); // offset_for_top_to_bottom_field
  for (let left = bits.unsigned(); left > 0; left -= 1) bits.unsigned(); // offset_for_ref_frame
}

/** 7.3.2.1.1.1 */
function skipScalingLists(bits: BitReader, count: number): void {
  for (let list = 0; list < count; list += 1) {
    if (bits.read(1) === 0) continue;
    let last = 8;
    let next = 8;
    for (let entry = 0; entry < (list < 6 ? 16 : 64); entry += 1) {
      if (next !== 0) next = (last + bits.signed() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

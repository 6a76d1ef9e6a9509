import type { Size } from '../../domain/media/size.ts';
import { largestSide } from '../h264/h264.ts';
import { BitReader, withoutEmulation } from '../nal/bits.ts';

/** Types of NAL units (ITU-T H.265, table 7-1). Slices have the types up to `lastSlice`. */
export const h265Type = {
  firstKey: 16,
  lastKey: 21,
  lastSlice: 31,
  vps: 32,
  sps: 33,
  pps: 34,
  delimiter: 35,
  filler: 38,
  prefixSei: 39,
} as const;

/**
 * Reads the size in a sequence parameter set (7.3.2.2.1), in pixels after cropping.
 *
 * @param sps the NAL unit
 * @returns null if it is no sequence parameter set, or is cut short
 */
export function readSequence(sps: Buffer): Size | null {
  if ((((sps[0] ?? 0) >> 1) & 0x3f) !== h265Type.sps) return null;
  const bits = new BitReader(withoutEmulation(sps.subarray(2)));
  try {
    bits.skip(4); // sps_video_parameter_set_id
    const subLayers = bits.read(3);
    bits.skip(1); // sps_temporal_id_nesting_flag
    skipProfile(bits, subLayers);
    bits.unsigned(); // sps_seq_parameter_set_id
    const chromaFormat = bits.unsigned();
    if (chromaFormat === 3) bits.skip(1); // separate_colour_plane_flag
    const columns = bits.unsigned();
    const rows = bits.unsigned();
    const [left = 0, right = 0, top = 0, bottom = 0] =
      bits.read(1) === 1 ? Array.from({ length: 4 }, () => bits.unsigned()) : [];
    const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
    const width = columns - (left + right) * cropX;
    const height = rows - (top + bottom) * (chromaFormat === 1 ? 2 : 1);
    const isSize = width > 0 && height > 0 && width <= largestSide && height <= largestSide;
    return isSize ? { width, height } : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Passes over profile_tier_level (7.3.3). @param subLayers sps_max_sub_layers_minus1 */
function skipProfile(bits: BitReader, subLayers: number): void {
  bits.skip(88); // the general profile
  bits.skip(8); // general_level_idc
  const present = Array.from({ length: subLayers }, () => ({ profile: bits.read(1), level: bits.read(1) }));
  if (subLayers > 0) bits.skip(2 * (8 - subLayers));
  for (const { profile, level } of present) bits.skip(profile * 88 + level * 8);
}

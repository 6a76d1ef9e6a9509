/** The offset of `baseMediaDecodeTime` in our fragments, of video and audio: `moof`, `mfhd`, `traf`, `tfhd`, `tfdt`. */
const decodeTimeAt = 60;

/**
 * A copy of a fragment that begins earlier in its track (ISO/IEC 14496-12, 8.8.12).
 *
 * @param ticks of the track's clock; at most the fragment's time
 */
export function earlier(fragment: Buffer, ticks: number): Buffer {
  const copy = Buffer.from(fragment);
  copy.writeBigUInt64BE(fragment.readBigUInt64BE(decodeTimeAt) - BigInt(ticks), decodeTimeAt);
  return copy;
}

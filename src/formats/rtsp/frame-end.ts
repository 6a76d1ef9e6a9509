/** Ends of frames in RTP (RFC 3550), for the two codecs whose parsers recognise a frame's end by the next frame. */

/** The access unit delimiters that end a frame, by RTP's name of the encoding: ITU-T H.264, 7.3.2.4; H.265, 7.3.2.5. */
const delimiters: Readonly<Record<string, Buffer>> = {
  H264: Buffer.from([0x09, 0xf0]),
  H265: Buffer.from([0x46, 0x01, 0x50]),
};

/** The length of RTP's fixed header, in bytes. */
const headerLength = 12;

/** What one RTP packet says about the frame it belongs to. */
export interface FramePart {
  /** RTP's time stamp: equal for all packets of a frame. */
  readonly timestamp: number;
  /** True if the packet is marked as the last one of its frame. Some cameras mark every slice, and some mark none. */
  readonly marked: boolean;
}

/** Reads the header of an RTP packet; null if it is too short. */
export function readFramePart(rtp: Buffer): FramePart | null {
  if (rtp.length <= headerLength) return null;
  return { timestamp: rtp.readUInt32BE(4), marked: ((rtp[1] as number) & 0x80) !== 0 };
}

/**
 * Returns an RTP packet that ends the frame of `rtp`, its last packet: an access unit delimiter under the same time
 * stamp and sequence number; null for codecs that don't need it.
 */
export function frameEnd(rtp: Buffer, encoding: string): Buffer | null {
  const delimiter = delimiters[encoding];
  if (delimiter === undefined || rtp.length < headerLength) return null;
  const header = Buffer.from(rtp.subarray(0, headerLength));
  header[0] = 0x80; // version 2, without padding, extension and sources
  return Buffer.concat([header, delimiter]);
}

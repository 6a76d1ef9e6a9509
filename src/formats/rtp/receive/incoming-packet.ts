/** One RTP packet as it was received (RFC 3550, section 5.1). */
export interface IncomingPacket {
  /** True for the last packet of a frame, as most cameras set it. */
  readonly marker: boolean;
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** The payload, without header extension and padding, in the memory that was read. */
  readonly payload: Buffer;
}

const fixedHeader = 12;

/**
 * Reads an RTP packet.
 *
 * @param from where the packet begins in `bytes`; it ends where they end
 * @returns null if it is no RTP packet of version 2, or is cut short
 */
export function readPacket(bytes: Buffer, from = 0): IncomingPacket | null {
  if (bytes.length - from < fixedHeader) return null;
  const first = bytes[from] as number;
  if (first >> 6 !== 2) return null;
  const second = bytes[from + 1] as number;
  let start = from + fixedHeader + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (start + 4 > bytes.length) return null;
    start += 4 + bytes.readUInt16BE(start + 2) * 4;
  }
  // Padding that is longer than the payload is a field that the camera fills with something else.
  const padding = (first & 0x20) === 0 ? 0 : (bytes[bytes.length - 1] as number);
  const end = start + padding <= bytes.length ? bytes.length - padding : bytes.length;
  if (start > end) return null;
  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: bytes.readUInt16BE(from + 2),
    timestamp: bytes.readUInt32BE(from + 4),
    ssrc: bytes.readUInt32BE(from + 8),
    payload: bytes.subarray(start, end),
  };
}

/** How far a timestamp is after another one, in ticks; negative if it is before. Timestamps wrap at 32 bits. */
export function ticksBetween(from: number, to: number): number {
  return (to - from) | 0;
}

/** Packets of a TCP stream, and the bytes behind them. */
export interface FramedPackets {
  readonly packets: readonly Buffer[];
  /** An incomplete packet; null if the next length is 0 or too long, so that nothing more can be read. */
  readonly rest: Buffer | null;
}

/**
 * Reads packets from a TCP stream, each behind its length in two bytes (RFC 4571, section 2).
 *
 * @param longest the longest packet to accept, in bytes
 * @returns views of `bytes`
 */
export function readFramed(bytes: Buffer, longest: number): FramedPackets {
  const packets: Buffer[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const length = bytes.readUInt16BE(at);
    if (length === 0 || length > longest) return { packets, rest: null };
    if (at + 2 + length > bytes.length) break;
    packets.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return { packets, rest: bytes.subarray(at) };
}

/** The two bytes in front of a packet. */
export function frameHead({ length }: Buffer): Buffer {
  const head = Buffer.allocUnsafe(2);
  head.writeUInt16BE(length);
  return head;
}

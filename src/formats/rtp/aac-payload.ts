import { longestPayload, RtpPacket } from './rtp-packet.ts';

/** Bits of an AU header: a size of 13 bits and an index of 3 (RFC 3640, section 3.3.6). */
const headerBits = 16;

/** What a receiver has to know of {@link packetizeAac}, as parameters of SDP (RFC 3640, section 4.1). */
export const aacParameters =
  'streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3';

/**
 * One raw AAC frame in the mode AAC-hbr (RFC 3640, section 3.3.6): one packet, or several with fragments of it. Every
 * packet has the frame's whole size in its header; the last one has the marker.
 */
export function packetizeAac(frame: Buffer): readonly RtpPacket[] {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(headerBits, 0);
  header.writeUInt16BE((frame.length << 3) & 0xffff, 2);
  const most = longestPayload - header.length;
  const count = Math.max(1, Math.ceil(frame.length / most));
  return Array.from({ length: count }, (_, at) => {
    const part = frame.subarray(at * most, (at + 1) * most);
    return new RtpPacket([header, part], at === count - 1, at === 0);
  });
}

import { nalType, nalUnits } from '../h264/h264.ts';
import { longestPayload, RtpPacket } from './rtp-packet.ts';

/** The type of a NAL unit that is a part of another one. */
const fragmentType = 28;

/**
 * An access unit in Annex B as RTP payloads in the non-interleaved mode (RFC 6184, section 5.4): each NAL unit is a
 * packet, or several when it is long.
 */
export function packetize(accessUnit: Buffer): readonly RtpPacket[] {
  // Delimiters and filler say nothing that the packets do not.
  const units = nalUnits(accessUnit).filter(({ type }) => type !== nalType.delimiter && type !== nalType.filler);
  const payloads = units.flatMap(({ bytes }) => (bytes.length <= longestPayload ? [[bytes]] : fragments(bytes)));
  const last = payloads.length - 1;
  return payloads.map((payload, at) => new RtpPacket(payload, at === last, at === 0));
}

/** FU-A (section 5.8), in parts of about the same length. */
function fragments(unit: Buffer): readonly Buffer[][] {
  const header = unit[0] as number;
  const content = unit.subarray(1);
  const count = Math.ceil(content.length / (longestPayload - 2));
  const length = Math.ceil(content.length / count);
  return Array.from({ length: count }, (_, at) => {
    const edge = (at === 0 ? 0x80 : 0) | (at === count - 1 ? 0x40 : 0);
    const indicator = Buffer.from([(header & 0xe0) | fragmentType, edge | (header & 0x1f)]);
    return [indicator, content.subarray(at * length, (at + 1) * length)];
  });
}

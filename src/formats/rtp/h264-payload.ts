import { nalType, nalUnits } from '../h264/h264.ts';
import { longestPayload, RtpPacket } from './rtp-packet.ts';

/** The NAL unit type of an FU-A (RFC 6184, section 5.8). */
const fragmentType = 28;

/**
 * Splits an access unit in Annex B into RTP packets of the non-interleaved mode (RFC 6184, section 5.4): one packet for
 * each NAL unit, or several FU-A if the unit is too long. The packets share the memory of the access unit.
 */
export function packetize(accessUnit: Buffer): readonly RtpPacket[] {
  // Delimiters and filler carry nothing that the packets don't.
  const units = nalUnits(accessUnit).filter(({ type }) => type !== nalType.delimiter && type !== nalType.filler);
  const payloads = units.flatMap(({ bytes }) => (bytes.length <= longestPayload ? [[bytes]] : fragments(bytes)));
  const last = payloads.length - 1;
  return payloads.map((payload, at) => new RtpPacket(payload, at === last, at === 0));
}

/** FU-A fragments (RFC 6184, section 5.8) of about equal length. */
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

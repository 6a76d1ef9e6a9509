import { RtpPacket } from './rtp-packet.ts';

/** A piece of Opus as its one RTP payload (RFC 7587, section 4.2). No pause is left out, so none ends with a marker. */
export function packetizeOpus(piece: Buffer): readonly RtpPacket[] {
  return [new RtpPacket([piece], false, true)];
}

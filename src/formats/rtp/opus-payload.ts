import { RtpPacket } from './rtp-packet.ts';

/**
 * One Opus packet as one RTP packet (RFC 7587, section 4.2). The marker would start a talkspurt after silence; we never
 * use DTX, so it is never set.
 */
export function packetizeOpus(packet: Buffer): readonly RtpPacket[] {
  return [new RtpPacket([packet], false, true)];
}

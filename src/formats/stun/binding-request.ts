/** The magic cookie, the type of a binding request, and that of the attribute USERNAME (RFC 8489). */
const cookie = 0x2112a442;
const bindingRequest = 1;
const username = 6;

/**
 * Reads whom a binding request of ICE is for: the first half of its USERNAME, which is the ufrag of the receiver
 * (RFC 8445, section 7.2.2).
 *
 * @returns null if this isn't a binding request, or has no USERNAME.
 */
export function receiverUfrag(packet: Buffer): string | null {
  if (packet.length < 20 || packet.readUInt16BE() !== bindingRequest || packet.readUInt32BE(4) !== cookie) return null;
  const end = Math.min(packet.length, 20 + packet.readUInt16BE(2));
  let at = 20;
  while (at + 4 <= end) {
    const length = packet.readUInt16BE(at + 2);
    if (packet.readUInt16BE(at) === username && at + 4 + length <= end) {
      return packet.toString('latin1', at + 4, at + 4 + length).split(':')[0] ?? null;
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return null;
}

/** A STUN binding request as ICE sends it, with another attribute before its USERNAME. */
export function bindingRequest(ufrag: string): Buffer {
  const name = Buffer.from(`${ufrag}:theirs`);
  const padded = Math.ceil(name.length / 4) * 4;
  const bytes = Buffer.alloc(20 + 8 + 4 + padded);
  bytes.writeUInt16BE(1);
  bytes.writeUInt16BE(bytes.length - 20, 2);
  bytes.writeUInt32BE(0x2112a442, 4);
  bytes.writeUInt16BE(0x0024, 20);
  bytes.writeUInt16BE(4, 22);
  bytes.writeUInt16BE(6, 28);
  bytes.writeUInt16BE(name.length, 30);
  name.copy(bytes, 32);
  return bytes;
}

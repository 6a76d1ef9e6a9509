/** What a message contains (RFC 6455, section 5.2, opcodes). */
const opcodes = { text: 0x1, binary: 0x2 } as const;
/** Set in the last frame of a message, here the only one. */
const final = 0x80;

/** The length of the header of a server's message with a payload of this length, both in bytes. */
export function messageHeaderLength(payload: number): number {
  return payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
}

/**
 * Writes the header of a server's message at the start of `target` (RFC 6455, section 5.2): one frame, which is not masked,
 * so that all clients can share the bytes.
 *
 * @param payload the payload's length in bytes
 */
export function writeMessageHeader(target: Buffer, kind: keyof typeof opcodes, payload: number): void {
  target[0] = final | opcodes[kind];
  if (payload < 126) target[1] = payload;
  else if (payload < 65_536) {
    target[1] = 126;
    target.writeUInt16BE(payload, 2);
  } else {
    target[1] = 127;
    target.writeBigUInt64BE(BigInt(payload), 2);
  }
}

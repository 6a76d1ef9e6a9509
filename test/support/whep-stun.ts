import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const cookie = 0x2112a442;

/** A STUN binding request as ICE sends it, with another attribute before its USERNAME. */
export function bindingRequest(ufrag: string): Buffer {
  return stunMessage([
    [0x0024, Buffer.alloc(4)],
    [0x0006, Buffer.from(`${ufrag}:theirs`)],
  ]);
}

/** Who sends a check to whom: the ufrags of both, and the receiver's password. */
export interface CheckFacts {
  readonly to: string;
  readonly from: string;
  readonly password: string;
}

/** A connectivity check of the controlling side with a valid MESSAGE-INTEGRITY (RFC 8445, section 7.2.4). */
export function connectivityCheck({ to, from, password }: CheckFacts): Buffer {
  const attributes: Attribute[] = [
    [0x0006, Buffer.from(`${to}:${from}`)],
    [0x0024, Buffer.from([0x6e, 0, 0, 1])],
    [0x802a, randomBytes(8)],
    [0x0025, Buffer.alloc(0)],
  ];
  // Each of the last two covers the message before it, whose length already counts it (RFC 8489, section 14.5).
  const covered = stunMessage(attributes, 24);
  attributes.push([0x0008, createHmac('sha1', password).update(covered).digest()]);
  const transaction = covered.subarray(8, 20);
  const checked = stunMessage(attributes, 8, transaction);
  const check = Buffer.alloc(4);
  check.writeUInt32BE((crc32(checked) ^ 0x5354554e) >>> 0);
  return stunMessage([...attributes, [0x8028, check]], 0, transaction);
}

type Attribute = readonly [type: number, value: Buffer];

/** @param more bytes that the length counts beyond these attributes */
function stunMessage(attributes: readonly Attribute[], more = 0, transaction: Buffer = Buffer.alloc(12)): Buffer {
  const parts = attributes.map(([type, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(type);
    head.writeUInt16BE(value.length, 2);
    return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
  });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(20);
  head.writeUInt16BE(1);
  head.writeUInt16BE(body.length + more, 2);
  head.writeUInt32BE(cookie, 4);
  transaction.copy(head, 8);
  return Buffer.concat([head, body]);
}

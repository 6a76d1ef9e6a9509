import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noise, seeded } from '../../../test/support/mutations.ts';
import { frameHead, readFramed } from './framing.ts';

describe('readFramed', () => {
  it('reads the packets of a stream, wherever it is cut into chunks', () => {
    const packets = fc.array(
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(packets, fc.integer({ min: 1, max: 50 }), (sent, chunk) => {
        const stream = Buffer.concat(sent.flatMap((packet) => [frameHead(packet), packet]));
        const received: Buffer[] = [];
        let rest: Buffer | null = Buffer.alloc(0);
        for (let at = 0; at < stream.length && rest !== null; at += chunk) {
          const read = readFramed(Buffer.concat([rest, stream.subarray(at, at + chunk)]), 40);
          received.push(...read.packets);
          rest = read.rest;
        }
        expect(received).toEqual(sent);
        expect(rest).toHaveLength(0);
      }),
      seeded(500),
    );
  });

  it('never throws, and accounts for every byte, for any input', () => {
    fc.assert(
      fc.property(noise(), fc.integer({ min: 1, max: 70_000 }), (bytes, longest) => {
        const { packets, rest } = readFramed(bytes, longest);
        const read = packets.reduce((sum, { length }) => sum + 2 + length, 0);
        expect(packets.every(({ length }) => length > 0 && length <= longest)).toBe(true);
        if (rest === null) expect(read).toBeLessThan(bytes.length);
        else expect(read + rest.length).toBe(bytes.length);
      }),
      seeded(2_000),
    );
  });

  it.each([
    ['is 0', '0000'],
    ['is too long', '0801'],
  ])('stops at a length that %s, behind the packets before it', (_, length) => {
    const { packets, rest } = readFramed(Buffer.from(`0001aa${length}bb`, 'hex'), 2_048);
    expect([packets, rest]).toEqual([[Buffer.from('aa', 'hex')], null]);
  });
});

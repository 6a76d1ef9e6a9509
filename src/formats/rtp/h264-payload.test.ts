import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/support/mutations.ts';
import { annexB, nalUnits } from '../h264/h264.ts';
import { packetize } from './h264-payload.ts';
import { longestPacket, longestPayload, type RtpHeader, type RtpPacket } from './rtp-packet.ts';

const header: RtpHeader = {
  payloadType: 108,
  sequence: 65_535,
  timestamp: 0xfedcba98,
  ssrc: 0x01020304,
  captured: 0x1122334455667788n,
  captureId: 0,
};

/** The packet of one viewer, in a new buffer. */
function written(packet: RtpPacket, captureId = 0): Buffer {
  return packet.write(Buffer.alloc(longestPacket), { ...header, captureId });
}

/** A NAL unit of a type, in which no byte looks like a start code. */
function unit(type: number, length: number): Buffer {
  const bytes = Buffer.from(Array.from({ length }, (_, at) => (at % 251) + 4));
  bytes[0] = 0x60 | type;
  return bytes;
}

/** Joins the NAL units again (RFC 6184, section 5). */
function depacketize(packets: readonly RtpPacket[]): readonly Buffer[] {
  const units: Buffer[][] = [];
  for (const packet of packets) {
    const payload = written(packet).subarray(12);
    const [indicator = 0, fu = 0] = payload;
    if ((indicator & 0x1f) !== 28) units.push([payload]);
    else if (fu & 0x80) units.push([Buffer.from([(indicator & 0xe0) | (fu & 0x1f)]), payload.subarray(2)]);
    else units.at(-1)?.push(payload.subarray(2));
  }
  return units.map((parts) => Buffer.concat(parts));
}

describe('packetize', () => {
  const units = [
    unit(9, 2),
    unit(7, 20),
    unit(8, 6),
    unit(5, 30_000),
    unit(5, longestPayload),
    unit(1, longestPayload + 1),
  ];
  const packets = packetize(annexB(units));
  const bytes = packets.map((packet) => written(packet));

  it('keeps every NAL unit except the delimiter', () => {
    expect(depacketize(packets)).toEqual(units.slice(1));
    expect(nalUnits(annexB(units))).toHaveLength(6);
  });

  it('fits every packet into the MTU, and splits a long unit into parts of about equal length', () => {
    expect(Math.max(...bytes.map(({ length }) => length))).toBeLessThanOrEqual(1_200);
    const parts = bytes.slice(2, -3).map(({ length }) => length);
    expect(Math.max(...parts) - Math.min(...parts)).toBeLessThan(parts.length);
  });

  it('sets the marker of the last packet, and the start and end bits of fragments', () => {
    expect(bytes.map((packet) => (packet[1] ?? 0) >> 7)).toEqual([...bytes.slice(1).map(() => 0), 1]);
    const edges = bytes.slice(2, -3).map((packet) => (packet[13] ?? 0) >> 6);
    expect([edges[0], edges.at(-1), new Set(edges.slice(1, -1))]).toEqual([2, 1, new Set([0])]);
  });

  it('writes the capture time to the first packet, if the viewer negotiated the extension', () => {
    const [first, second] = packets.map((packet) => written(packet, 9));
    expect(first?.subarray(0, 28).toString('hex')).toBe(
      '906cfffffedcba9801020304bede00039711223344556677' + '88000000',
    );
    expect(first?.subarray(28)).toEqual(units[1]);
    expect(second?.subarray(0, 12).toString('hex')).toBe('806cfffffedcba9801020304');
  });

  it('returns no packets for an empty access unit', () => {
    expect(packetize(Buffer.alloc(0))).toEqual([]);
  });

  it('keeps any NAL units unchanged, in packets of the length that they state', () => {
    const length = fc.oneof(fc.integer({ min: 2, max: 64 }), fc.integer({ min: 1_150, max: 4_000 }));
    const anyUnits = fc.array(
      fc.tuple(fc.constantFrom(1, 5, 6, 7, 8), length).map(([type, bytes]) => unit(type, bytes)),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(anyUnits, (input) => {
        const all = packetize(annexB(input));
        expect(depacketize(all)).toEqual(input);
        for (const packet of all) expect(written(packet)).toHaveLength(packet.length);
        for (const packet of all) expect(written(packet, 1).length).toBeLessThanOrEqual(longestPacket);
      }),
      seeded(200),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { packetizeAac } from './aac-payload.ts';
import { longestPacket, type RtpPacket } from './rtp-packet.ts';

const header = { payloadType: 97, sequence: 1, timestamp: 2, ssrc: 3, captured: 0n, captureId: 0 };
const written = (packet: RtpPacket): Buffer => packet.write(Buffer.alloc(longestPacket), header);

describe('packetizeAac', () => {
  it('makes one packet of a frame, with its size in bits 0 to 12 of the AU header', () => {
    const [packet, ...others] = packetizeAac(Buffer.alloc(341, 7)).map(written);
    expect(others).toEqual([]);
    expect(packet?.subarray(0, 16).toString('hex')).toBe('80e10001000000020000000300100aa8');
    expect(packet?.subarray(16)).toEqual(Buffer.alloc(341, 7));
  });

  it('makes fragments of a long frame, each with the size of the whole, and marks the last', () => {
    const frame = Buffer.from(Array.from({ length: 3_000 }, (_, at) => at % 251));
    const packets = packetizeAac(frame).map(written);
    expect(packets.map((packet) => (packet[1] as number) >> 7)).toEqual([0, 0, 1]);
    expect(new Set(packets.map((packet) => packet.readUInt16BE(14) >> 3))).toEqual(new Set([3_000]));
    expect(Buffer.concat(packets.map((packet) => packet.subarray(16)))).toEqual(frame);
  });
});

import { describe, expect, it } from 'vitest';
import { packetizeOpus } from './opus-payload.ts';
import { longestPacket, ntpTime, RtpPacket, type RtpHeader, rtpTicks, rtpTime } from './rtp-packet.ts';

const header: RtpHeader = {
  payloadType: 108,
  sequence: 65_535,
  timestamp: 0xfedcba98,
  ssrc: 0x01020304,
  captured: 0x1122334455667788n,
  captureId: 9,
};

describe('RtpPacket', () => {
  it('writes only to the buffer of its caller', () => {
    const packet = new RtpPacket([Buffer.from('frame')], true, true);
    const [mine, other] = [Buffer.alloc(longestPacket), Buffer.alloc(longestPacket)];
    const first = packet.write(mine, header);
    const before = Buffer.from(first);
    expect(first.buffer).toBe(mine.buffer);
    packet.write(other, { ...header, ssrc: 7, sequence: 1, captureId: 0 });
    expect(first).toEqual(before);
  });
});

describe('packetizeOpus', () => {
  it('makes one packet without a marker, with the capture time if the viewer negotiated it', () => {
    const [packet, ...others] = packetizeOpus(Buffer.from('fc01020304', 'hex'));
    expect(others).toEqual([]);
    const buffer = Buffer.alloc(longestPacket);
    expect(packet?.write(buffer, { ...header, captureId: 0 }).toString('hex')).toBe(
      '806cfffffedcba9801020304' + 'fc01020304',
    );
    expect(packet?.write(buffer, header)).toHaveLength(12 + 16 + 5);
  });
});

describe('timestamps', () => {
  it('are the capture time in RTP ticks and in NTP time', () => {
    expect(rtpTime(rtpTicks(1_700_000_000_123.5, 90_000))).toBe((1_700_000_000_123.5 * 90) % 2 ** 32);
    expect(rtpTime(rtpTicks(2 ** 42, 90_000))).toBeLessThan(2 ** 32);
    expect(ntpTime(0)).toBe(2_208_988_800n << 32n);
    expect(ntpTime(1_500)).toBe((2_208_988_801n << 32n) | (1n << 31n));
  });
});

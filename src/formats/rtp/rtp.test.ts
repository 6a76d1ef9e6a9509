import { describe, expect, it } from 'vitest';
import { annexB, nalUnits } from '../h264/h264.ts';
import { EvenTicks } from '../../outputs/webrtc/even-ticks.ts';
import { packetize } from './h264-payload.ts';
import { packetizeOpus } from './opus-payload.ts';
import { goodbye, readFeedback, senderReport } from './rtcp.ts';
import { longestPayload, ntpTime, type RtpHeader, rtpTime } from './rtp-packet.ts';
import { RtpStream } from '../../outputs/webrtc/rtp-stream.ts';

const header: RtpHeader = {
  payloadType: 108,
  sequence: 65_535,
  timestamp: 0xfedcba98,
  ssrc: 0x01020304,
  captured: 0x1122334455667788n,
  captureId: 9,
};

/** Bytes of which none looks like the start of a NAL unit. */
function unit(type: number, length: number): Buffer {
  const bytes = Buffer.from(Array.from({ length }, (_, at) => (at % 251) + 4));
  bytes[0] = 0x60 | type;
  return bytes;
}

/** Puts NAL units together again (RFC 6184, section 5). */
function unpacked(payloads: readonly Buffer[]): readonly Buffer[] {
  const units: Buffer[][] = [];
  for (const payload of payloads) {
    const [indicator = 0, fu = 0] = payload;
    if ((indicator & 0x1f) !== 28) units.push([payload]);
    else if (fu & 0x80) units.push([Buffer.from([(indicator & 0xe0) | (fu & 0x1f)]), payload.subarray(2)]);
    else units.at(-1)?.push(payload.subarray(2));
  }
  return units.map((parts) => Buffer.concat(parts));
}

describe('an access unit', () => {
  const units = [
    unit(9, 2),
    unit(7, 20),
    unit(8, 6),
    unit(5, 30_000),
    unit(5, longestPayload),
    unit(1, longestPayload + 1),
  ];
  const packets = packetize(annexB(units));
  const written = packets.map((packet) => Buffer.from(packet.for({ ...header, captureId: 0 })));

  it('comes out of its packets as it went in, but for the delimiter', () => {
    expect(unpacked(written.map((packet) => packet.subarray(12)))).toEqual(units.slice(1));
    expect(nalUnits(annexB(units))).toHaveLength(6);
  });

  it('has packets that fit the line, the longest unit in parts of one length', () => {
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThanOrEqual(1_200);
    const parts = written.slice(2, -3).map(({ length }) => length);
    expect(Math.max(...parts) - Math.min(...parts)).toBeLessThan(parts.length);
  });

  it('marks its last packet, and marks the parts of a unit', () => {
    expect(written.map((packet) => (packet[1] ?? 0) >> 7)).toEqual([...written.slice(1).map(() => 0), 1]);
    const edges = written.slice(2, -3).map((packet) => (packet[13] ?? 0) >> 6);
    expect([edges[0], edges.at(-1), new Set(edges.slice(1, -1))]).toEqual([2, 1, new Set([0])]);
  });

  it('tells the capture time in its first packet to whoever knows the extension', () => {
    const [first, second] = packets.map((packet) => Buffer.from(packet.for(header)));
    expect(first?.subarray(0, 28).toString('hex')).toBe(
      '906cfffffedcba9801020304bede00039711223344556677' + '88000000',
    );
    expect(first?.subarray(28)).toEqual(units[1]);
    expect(second?.subarray(0, 12).toString('hex')).toBe('806cfffffedcba9801020304');
  });

  it('is nothing when there is nothing in it', () => {
    expect(packetize(Buffer.alloc(0))).toEqual([]);
  });
});

describe('a piece of Opus', () => {
  it('is one packet, without a marker, and tells its capture time to whoever knows the extension', () => {
    const piece = Buffer.from('fc01020304', 'hex');
    const [packet, ...others] = packetizeOpus(piece);
    expect(others).toEqual([]);
    const plain = Buffer.from(packet?.for({ ...header, captureId: 0 }) ?? []);
    expect(plain.toString('hex')).toBe('806cfffffedcba9801020304' + 'fc01020304');
    expect(packet?.for(header)).toHaveLength(12 + 16 + 5);
  });
});

describe('times', () => {
  it('are the capture time, in the ticks of the stream and in those of NTP', () => {
    expect(rtpTime(1_700_000_000_123.5, 90_000)).toBe((1_700_000_000_123.5 * 90) % 2 ** 32);
    expect(rtpTime(2 ** 42, 90_000)).toBeLessThan(2 ** 32);
    expect(ntpTime(0)).toBe(2_208_988_800n << 32n);
    expect(ntpTime(1_500)).toBe((2_208_988_801n << 32n) | (1n << 31n));
  });

  it('of sound are even, whatever the times of capture are rounded to', () => {
    const ticks = new EvenTicks(48_000, 960);
    const begin = 1_700_000_000_000;
    const first = rtpTime(begin, 48_000);
    const times = Array.from({ length: 200 }, (_, at) => ticks.of(begin + at * 20 + ([0, -0.01, 3, -3][at % 4] ?? 0)));
    expect(times).toEqual(times.map((_, at) => (first + at * 960) % 2 ** 32));
  });

  it('of sound are those of capture again where a piece is missing, or the clock has drifted', () => {
    const ticks = new EvenTicks(48_000, 960);
    const begin = Math.ceil(1_700_000_000_000 / 2 ** 32) * 2 ** 32;
    for (const [at, expected] of [
      [0, 0],
      [40, 40],
      [70, 60],
      [91, 91],
      [90, 90],
    ] as const) {
      // Over the end of the numbers.
      const offset = begin / 48 - 50;
      const time = ticks.of(offset + at);
      expect(((time + 50 * 48) % 2 ** 32) / 48, `of ${at} ms`).toBeCloseTo(expected, 1);
    }
  });
});

/** A compound packet of a receiver report and whatever follows. */
function compound(...more: readonly Buffer[]): Buffer {
  const report = Buffer.from('81c90007000000090102030440000000000000000000000000000000000000000'.slice(0, 64), 'hex');
  return Buffer.concat([report, ...more]);
}

const nack = Buffer.from('81cd0004' + '00000009' + '01020304' + 'fffe0003' + '00100000', 'hex');
const pli = Buffer.from('81ce0002' + '00000009' + '01020304', 'hex');
const fir = Buffer.from('84ce0004' + '00000009' + '00000000' + '01020304' + '05000000', 'hex');

describe('feedback', () => {
  const ssrc = 0x01020304;

  it('names lost packets, over the end of the numbers', () => {
    expect(readFeedback(compound(nack), ssrc)).toEqual({
      lost: [0xfffe, 0xffff, 0, 0x10],
      wantsKeyframe: false,
      lossShare: 0.25,
    });
  });

  it.each([
    ['PLI', pli],
    ['FIR', fir],
  ])('asks for a keyframe by %s', (_, bytes) => {
    expect(readFeedback(compound(bytes), ssrc).wantsKeyframe).toBe(true);
    expect(readFeedback(compound(bytes), 1)).toEqual({ lost: [], wantsKeyframe: false, lossShare: null });
  });

  it('is nothing where it is cut short or is none', () => {
    const whole = compound(nack, pli, fir);
    for (let length = 0; length < whole.length; length += 1) readFeedback(whole.subarray(0, length), ssrc);
    expect(readFeedback(Buffer.from('hello'), ssrc)).toEqual({ lost: [], wantsKeyframe: false, lossShare: null });
  });

  it('is read without harm, whatever its bytes are', () => {
    const whole = compound(nack, pli, fir);
    let seed = 5;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = Buffer.from(whole.subarray(0, 4 + random(whole.length)));
      for (let times = random(6); times >= 0; times -= 1) bytes[random(bytes.length)] = random(256);
      const { lost, lossShare } = readFeedback(bytes, ssrc);
      expect(lost.every((sequence) => sequence >= 0 && sequence <= 0xffff)).toBe(true);
      expect(lossShare === null || (lossShare >= 0 && lossShare < 1)).toBe(true);
    }
  });

  it('asks for a bounded number of packets at once', () => {
    const entries = Buffer.alloc(16_000, 0xff);
    const head = Buffer.from('81cd000000000009' + '01020304', 'hex');
    head.writeUInt16BE(2 + entries.length / 4, 2);
    expect(readFeedback(Buffer.concat([head, entries]), ssrc).lost.length).toBeLessThan(1_100);
  });
});

describe('a sender report', () => {
  it('says which time a timestamp stands for, and who says it', () => {
    const report = senderReport({ ssrc: 1, cname: 'abc', now: 2n, timestamp: 3, packets: 4, bytes: 5 });
    expect(report.toString('hex')).toBe(
      '80c80006' +
        '00000001' +
        '0000000000000002' +
        '00000003' +
        '00000004' +
        '00000005' +
        '81ca0003' +
        '00000001' +
        '0103616263' +
        '000000',
    );
  });
});

describe('a goodbye', () => {
  it('has an empty report before it', () => {
    expect(goodbye(5).toString('hex')).toBe('80c9000100000005' + '81cb000100000005');
  });
});

describe('a stream', () => {
  function open(): { readonly stream: RtpStream; readonly sent: Buffer[] } {
    const sent: Buffer[] = [];
    const send = (packet: Buffer): boolean => sent.push(Buffer.from(packet)) > 0;
    const options = { ssrc: 0x01020304, cname: 'c', payloadType: 96, clockRate: 90_000, captureId: 0, epoch: 0, send };
    return { stream: new RtpStream(options), sent };
  }
  const isReport = (packet: Buffer): boolean => packet[1] === 200;
  const nackFor = (sequence: number): Buffer => {
    const bytes = Buffer.from('81cd0003' + '00000009' + '01020304' + '00000000', 'hex');
    bytes.writeUInt16BE(sequence, 12);
    return bytes;
  };

  it('counts its packets on, and begins with a report that fits their times', () => {
    const { stream, sent } = open();
    stream.send(packetize(annexB([unit(5, 5_000)])), 1_000, 1_010);
    stream.send(packetize(annexB([unit(1, 100)])), 1_033, 1_040);
    const [report, ...packets] = sent;
    expect(report?.[1]).toBe(200);
    expect(report?.readUInt32BE(16)).toBe(1_010 * 90);
    const [first = 0, ...others] = packets.map((packet) => packet.readUInt16BE(2));
    expect(others).toEqual(others.map((_, at) => (first + at + 1) & 0xffff));
    expect(packets.map((packet) => packet.readUInt32BE(4) / 90)).toEqual([...packets.slice(1).map(() => 1_000), 1_033]);
  });

  it('reports once a second', () => {
    const { stream, sent } = open();
    for (let at = 0; at < 5_000; at += 40) stream.send(packetize(annexB([unit(1, 10)])), at, at);
    expect(sent.filter(isReport)).toHaveLength(5);
  });

  it('sends a packet again as it was, also when others have used it since', () => {
    const { stream, sent } = open();
    const { stream: other } = open();
    const packets = packetize(annexB([unit(5, 3_000)]));
    stream.send(packets, 1_000, 1_000);
    other.send(packets, 1_000, 1_000);
    const lost = sent[2] as Buffer;
    stream.takeFeedback(nackFor(lost.readUInt16BE(2)), 1_200);
    expect(sent.at(-1)).toEqual(lost);
    expect(stream.repeated).toBe(1);
  });

  it('does not send a packet again that may still be on its way, or one that is long gone', () => {
    const { stream, sent } = open();
    stream.send(packetize(annexB([unit(1, 10)])), 0, 0);
    const lost = (sent[1] as Buffer).readUInt16BE(2);
    stream.takeFeedback(nackFor(lost), 5);
    stream.takeFeedback(nackFor((lost + 2_000) & 0xffff), 500);
    expect(stream.repeated).toBe(0);
    for (let at = 0; at < 2_048; at += 1) stream.send(packetize(annexB([unit(1, 10)])), at, at);
    stream.takeFeedback(nackFor(lost), 5_000);
    expect(stream.repeated).toBe(0);
  });

  it('sends no more than so many again in a second, however many are asked for', () => {
    const { stream, sent } = open();
    for (let at = 0; at < 1_500; at += 1) stream.send(packetize(annexB([unit(1, 10)])), 0, 0);
    const packets = sent.filter((packet) => !isReport(packet));
    for (const packet of packets) stream.takeFeedback(nackFor(packet.readUInt16BE(2)), 100);
    expect(stream.repeated).toBe(1_000);
    stream.takeFeedback(nackFor((packets.at(-1) as Buffer).readUInt16BE(2)), 1_200);
    expect(stream.repeated).toBe(1_001);
  });
});

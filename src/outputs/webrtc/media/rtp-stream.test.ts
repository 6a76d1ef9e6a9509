import { describe, expect, it } from 'vitest';
import { EvenTicks } from '../../../domain/even-ticks.ts';
import { annexB } from '../../../formats/h264/h264.ts';
import { packetize } from '../../../formats/rtp/h264-payload.ts';
import { packetizeOpus } from '../../../formats/rtp/opus-payload.ts';
import { RtpStream, type RtpStreamOptions } from './rtp-stream.ts';

/** A NAL unit of a type, in which no byte looks like a start code. */
function unit(type: number, length: number): Buffer {
  const bytes = Buffer.from(Array.from({ length }, (_, at) => (at % 251) + 4));
  bytes[0] = 0x60 | type;
  return bytes;
}

describe('RtpStream', () => {
  function open(more: Partial<RtpStreamOptions> = {}): { readonly stream: RtpStream; readonly sent: Buffer[] } {
    const sent: Buffer[] = [];
    const send = (packet: Buffer): boolean => sent.push(Buffer.from(packet)) > 0;
    const options = { ssrc: 0x01020304, cname: 'c', payloadType: 96, clockRate: 90_000, captureId: 0, epoch: 0, send };
    return { stream: new RtpStream({ ...options, ...more }), sent };
  }
  const isReport = (packet: Buffer): boolean => packet[1] === 200;
  const nackFor = (sequence: number): Buffer => {
    const bytes = Buffer.from('81cd0003' + '00000009' + '01020304' + '00000000', 'hex');
    bytes.writeUInt16BE(sequence, 12);
    return bytes;
  };

  it('numbers its packets, and begins with a sender report that matches their timestamps', () => {
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

  it('sends a sender report once a second', () => {
    const { stream, sent } = open();
    for (let at = 0; at < 5_000; at += 40) stream.send(packetize(annexB([unit(1, 10)])), at, at);
    expect(sent.filter(isReport)).toHaveLength(5);
  });

  it('retransmits a packet unchanged, even after another stream sent it', () => {
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

  it("doesn't retransmit a packet that may still be in flight, or one that is no longer kept", () => {
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

  it('limits retransmissions per second', () => {
    const { stream, sent } = open();
    for (let at = 0; at < 1_500; at += 1) stream.send(packetize(annexB([unit(1, 10)])), 0, 0);
    const packets = sent.filter((packet) => !isReport(packet));
    for (const packet of packets) stream.takeFeedback(nackFor(packet.readUInt16BE(2)), 100);
    expect(stream.repeated).toBe(1_000);
    stream.takeFeedback(nackFor((packets.at(-1) as Buffer).readUInt16BE(2)), 1_200);
    expect(stream.repeated).toBe(1_001);
  });

  it('gives audio evenly spaced timestamps modulo 2^32, although capture times are rounded', () => {
    const { stream, sent } = open({ clockRate: 48_000, ticks: new EvenTicks(48_000, 960) });
    // Across the wrap-around of the timestamps.
    const begin = Math.floor((1_700_000_000_000 * 48) / 2 ** 32) * (2 ** 32 / 48) - 100;
    for (let at = 0; at < 20; at += 1) {
      stream.send(packetizeOpus(Buffer.from('fc', 'hex')), begin + at * 20 + ([0, -0.01, 3, -3][at % 4] ?? 0), at);
    }
    const times = sent.filter((packet) => !isReport(packet)).map((packet) => packet.readUInt32BE(4));
    expect(times).toEqual(times.map((_, at) => ((times[0] ?? 0) + at * 960) % 2 ** 32));
    expect(Math.min(...times)).toBeLessThan(times[0] ?? 0);
  });
});

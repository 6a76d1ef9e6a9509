import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutated, noise, seeded } from '../../../test/support/mutations.ts';
import { goodbye, readFeedback, readSenderClock, receiverReport, senderReport } from './rtcp.ts';
import { ntpTime } from './rtp-packet.ts';

/** A compound packet: a receiver report, followed by other packets. */
function compound(...more: readonly Buffer[]): Buffer {
  const report = Buffer.from('81c90007000000090102030440000000000000000000000000000000000000000'.slice(0, 64), 'hex');
  return Buffer.concat([report, ...more]);
}

const nack = Buffer.from('81cd0004' + '00000009' + '01020304' + 'fffe0003' + '00100000', 'hex');
const pli = Buffer.from('81ce0002' + '00000009' + '01020304', 'hex');
const fir = Buffer.from('84ce0004' + '00000009' + '00000000' + '01020304' + '05000000', 'hex');

describe('readFeedback', () => {
  const ssrc = 0x01020304;

  it('returns the lost packets, also where sequence numbers wrap around', () => {
    expect(readFeedback(compound(nack), ssrc)).toEqual({
      lost: [0xfffe, 0xffff, 0, 0x10],
      wantsKeyframe: false,
      lossShare: 0.25,
    });
  });

  it.each([
    ['PLI', pli],
    ['FIR', fir],
  ])('reads a %s as a request for a keyframe', (_, bytes) => {
    expect(readFeedback(compound(bytes), ssrc).wantsKeyframe).toBe(true);
    expect(readFeedback(compound(bytes), 1)).toEqual({ lost: [], wantsKeyframe: false, lossShare: null });
  });

  it('ignores truncated packets and other protocols', () => {
    const whole = compound(nack, pli, fir);
    for (let length = 0; length < whole.length; length += 1) {
      expect(readFeedback(whole.subarray(0, length), ssrc).lost).toHaveLength(length < 32 + nack.length ? 0 : 4);
    }
    expect(readFeedback(Buffer.from('hello'), ssrc)).toEqual({ lost: [], wantsKeyframe: false, lossShare: null });
  });

  it('never throws, and returns only valid numbers, for any input', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(compound(nack, pli, fir)), noise()), (bytes) => {
        const { lost, lossShare } = readFeedback(bytes, ssrc);
        expect(lost.every((sequence) => sequence >= 0 && sequence <= 0xffff)).toBe(true);
        expect(lossShare === null || (lossShare >= 0 && lossShare < 1)).toBe(true);
      }),
      seeded(5_000),
    );
  });

  it('limits how many packets one NACK can request', () => {
    const entries = Buffer.alloc(16_000, 0xff);
    const head = Buffer.from('81cd000000000009' + '01020304', 'hex');
    head.writeUInt16BE(2 + entries.length / 4, 2);
    expect(readFeedback(Buffer.concat([head, entries]), ssrc).lost.length).toBeLessThan(1_100);
  });
});

describe('senderReport', () => {
  it('pairs an RTP timestamp with wall-clock time, and names the sender', () => {
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

  it('is a compound packet of whole words, for any values', () => {
    const u32 = fc.nat({ max: 2 ** 32 - 1 });
    const facts = fc.record({
      ssrc: u32,
      cname: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 }),
      now: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      timestamp: u32,
      packets: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      bytes: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    });
    fc.assert(
      fc.property(facts, (each) => {
        const report = senderReport(each);
        expect(report.readUInt32BE(4)).toBe(each.ssrc);
        expect(report.readBigUInt64BE(8)).toBe(each.now);
        expect(report.readUInt32BE(16)).toBe(each.timestamp);
        const description = report.subarray(28);
        expect(description).toHaveLength(4 + description.readUInt16BE(2) * 4);
        expect(description.toString('latin1', 10, 10 + (description[9] ?? 0))).toBe(each.cname);
        expect(description.at(-1)).toBe(0);
      }),
      seeded(300),
    );
  });
});

describe('goodbye', () => {
  it('follows an empty receiver report', () => {
    expect(goodbye(5).toString('hex')).toBe('80c9000100000005' + '81cb000100000005');
  });
});

describe('receiving', () => {
  it('reads the clock of a sender report, also behind other packets', () => {
    const report = senderReport({
      ssrc: 7,
      cname: 'x',
      now: ntpTime(1_700_000_000_250),
      timestamp: 9,
      packets: 1,
      bytes: 1,
    });
    for (const bytes of [report, compound(report)]) {
      const clock = readSenderClock(bytes);
      expect(clock?.timestamp).toBe(9);
      expect(clock?.time).toBeCloseTo(1_700_000_000_250, 2);
    }
    expect(readSenderClock(compound())).toBeNull();
    expect(readSenderClock(report.subarray(0, 20))).toBeNull();
  });

  it('writes a receiver report that names the last sender report', () => {
    const bytes = receiverReport({ ssrc: 7, highest: 0x1_0005, lost: 3, lastReport: 0x1234, since: 500 });
    expect(bytes.toString('hex')).toBe(
      '81c9000700000001' + '00000007' + '00000003' + '00010005' + '00000000' + '00001234' + '00008000',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { RtpOrder } from './rtp-order.ts';

function packet(number: number, sender = 7): Buffer {
  const bytes = Buffer.alloc(20);
  bytes[0] = 0x80;
  bytes.writeUInt16BE(number & 0xffff, 2);
  bytes.writeUInt32BE(sender, 8);
  return bytes;
}

/** The sequence numbers of the packets that come out when these go in, all at one time. */
function order(numbers: readonly number[]): number[] {
  const sorted = new RtpOrder();
  return numbers.flatMap((number) => sorted.push(packet(number), 0)).map((each) => each.readUInt16BE(2));
}

describe('RtpOrder', () => {
  it.each([
    ['in order', [5, 6, 7], [5, 6, 7]],
    ['swapped', [5, 7, 6, 8], [5, 6, 7, 8]],
    ['far out of order', [5, 9, 8, 7, 6, 10], [5, 6, 7, 8, 9, 10]],
    ['twice', [5, 6, 6, 7, 5], [5, 6, 7]],
    ['swapped where numbers wrap', [65_534, 0, 65_535, 1], [65_534, 65_535, 0, 1]],
    ['of a stream that starts again', [5, 7, 40_000, 40_001], [5, 7, 40_000, 40_001]],
  ])('passes on packets %s', (_what, numbers, expected) => {
    expect(order(numbers)).toEqual(expected);
  });

  it('passes on packets in order at once, and waits 80 ms for a missing one', () => {
    const sorted = new RtpOrder();
    expect(sorted.push(packet(1), 1_000)).toHaveLength(1);
    expect(sorted.deadline).toBeNull();
    expect(sorted.push(packet(3), 1_010)).toHaveLength(0);
    expect(sorted.push(packet(4), 1_050)).toHaveLength(0);
    expect(sorted.deadline).toBe(1_090);
    expect(sorted.expire(1_089)).toHaveLength(0);
    expect(sorted.expire(1_090)).toHaveLength(2);
    expect(sorted.push(packet(2), 1_091), 'too late').toHaveLength(0);
    expect(sorted.push(packet(5), 1_092)).toHaveLength(1);
  });

  it('waits with a bounded number of packets', () => {
    const numbers = Array.from({ length: 450 }, (_, at) => at + 2);
    expect(order([0, ...numbers])).toEqual([0, ...numbers]);
    expect(order([0, ...numbers.slice(0, 300)])).toEqual([0]);
  });

  it('follows a sender that has another identifier', () => {
    const sorted = new RtpOrder();
    const packets = [packet(5), packet(7), packet(6, 8), packet(7, 8)].flatMap((each) => sorted.push(each, 0));
    expect(packets.map((each) => each.readUInt16BE(2))).toEqual([5, 7, 6, 7]);
  });

  it('keeps every packet once, in order, from any order', () => {
    for (let seed = 1; seed < 50; seed += 1) {
      let state = seed;
      const numbers = Array.from({ length: 200 }, (_, at) => 65_400 + at);
      for (let at = 1; at < numbers.length; at += 1) {
        state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
        const other = Math.max(1, at - (state % 9));
        [numbers[at], numbers[other]] = [numbers[other] as number, numbers[at] as number];
      }
      expect(order(numbers)).toEqual(Array.from({ length: 200 }, (_, at) => (65_400 + at) & 0xffff));
    }
  });
});

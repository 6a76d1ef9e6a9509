import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonicNow } from '../../../domain/clock.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import { PerFrame } from '../../../fanout/per-frame.ts';
import { annexB } from '../../../formats/h264/h264.ts';
import { packetize } from '../../../formats/rtp/h264-payload.ts';
import { RtpStream } from './rtp-stream.ts';
import { VideoSender } from './video-sender.ts';

const ssrc = 0x01020304;
const pli = Buffer.from('81ce0002' + '00000009' + '01020304', 'hex');
/** A receiver report: half of the packets are lost. */
const halfLost = Buffer.from('81c90007' + '00000009' + '01020304' + '80000000' + '00'.repeat(16), 'hex');

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

/** A frame of `length` bytes; its last two are its sequence number. */
function frame(sequence: number, length = 5_000): Frame {
  const unit = Buffer.alloc(length - 4, 9);
  const keyframe = sequence % 1_000 === 0;
  unit[0] = keyframe ? 0x65 : 0x61;
  unit.set([Math.floor(sequence / 100) + 10, (sequence % 100) + 10], unit.length - 2);
  const capturedAt = monotonicNow();
  return { bytes: annexB([unit]), sequence, capturedAt, keyframe, width: 640, height: 360 };
}

/** The time of a timestamp, in the 13 hours around `near`: timestamps wrap around after that. */
function timeOf(timestamp: number, near: number): number {
  const round = 2 ** 32 / 90;
  return near + ((timestamp / 90 - (near % round) + 1.5 * round) % round) - round / 2;
}

function viewer() {
  const sent: { sequence: number; at: number; playAt: number }[] = [];
  let resubscribed = 0;
  const send = (packet: Buffer): boolean => {
    // The last packet of a frame ends with its sequence number.
    if ((packet[1] ?? 0) >> 7 === 1 && packet[1] !== 200) {
      const [hundreds = 0, ones = 0] = packet.subarray(-2);
      const sequence = (hundreds - 10) * 100 + ones - 10;
      const at = monotonicNow();
      sent.push({ sequence, at, playAt: timeOf(packet.readUInt32BE(4), at) });
    }
    return true;
  };
  const stream = new RtpStream({ ssrc, cname: 'c', payloadType: 96, clockRate: 90_000, captureId: 0, epoch: 0, send });
  const packets = new PerFrame(({ bytes }) => packetize(bytes));
  const sender = new VideoSender({ stream, packets, resubscribe: () => (resubscribed += 1), onEnd: () => undefined });
  return { sender, sent, resubscribed: () => resubscribed };
}

/** A GOP of eight seconds at 30 frames per second. */
function longGop(): Frame[] {
  return Array.from({ length: 240 }, (_, index) => {
    vi.advanceTimersByTime(33);
    return frame(index);
  });
}

describe('VideoSender', () => {
  it('sends a GOP of eight seconds in about one second, without bursts', () => {
    const { sender, sent } = viewer();
    const gop = longGop();
    const begun = monotonicNow();
    sender.offerGop(gop);
    let next = 240;
    while (sent.length < next) {
      vi.advanceTimersByTime(33);
      sender.offer(frame(next));
      next += 1;
      expect(next).toBeLessThan(280);
    }
    expect(sent.map(({ sequence }) => sequence)).toEqual(sent.map((_, index) => index));
    const took = (sent.at(-1)?.at ?? 0) - begun;
    expect(took).toBeGreaterThan(500);
    expect(took).toBeLessThan(1_500);
    const atOnce = Map.groupBy(sent, ({ at }) => at);
    expect(Math.max(...[...atOnce.values()].map(({ length }) => length))).toBeLessThan(8);
  });

  it('gives the frames of a GOP increasing timestamps that match when they are sent, and none in the future', () => {
    const { sender, sent } = viewer();
    sender.offerGop(longGop());
    for (let next = 240; next < 300; next += 1) {
      vi.advanceTimersByTime(33);
      sender.offer(frame(next));
    }
    const steps = sent.slice(1).map(({ playAt }, index) => playAt - (sent[index]?.playAt ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(0.05);
    // A player that follows the timestamps plays without stalls, and ends up live.
    expect(Math.max(...steps)).toBeLessThan(40);
    for (const { at, playAt } of sent) expect(at - playAt).toBeGreaterThanOrEqual(-1);
    expect(sent.at(-1)?.playAt).toBeCloseTo(monotonicNow(), 0);
  });

  it('makes up for only a moment after the event loop was blocked', () => {
    const { sender, sent } = viewer();
    sender.offerGop(longGop());
    const before = sent.length;
    // The event loop is blocked for half a second.
    const now = monotonicNow();
    const busy = vi.spyOn(process.hrtime, 'bigint').mockReturnValue(BigInt(Math.round((now + 500) * 1e6)));
    vi.advanceTimersByTime(10);
    busy.mockRestore();
    expect(sent.length - before).toBeLessThan(24);
  });

  it('continues with a new keyframe if one arrives meanwhile', () => {
    const { sender, sent } = viewer();
    sender.offerGop(longGop());
    vi.advanceTimersByTime(100);
    const before = sent.length;
    for (const next of [1_000, 1_001, 1_002]) sender.offer(frame(next));
    vi.advanceTimersByTime(100);
    expect(sent.slice(before).map(({ sequence }) => sequence)).toEqual([1_000, 1_001, 1_002]);
    sender.offer(frame(1_003));
    expect(sent.at(-1)?.sequence).toBe(1_003);
  });

  it('resubscribes for a viewer that requests a keyframe, once a second, and not while a GOP is being sent', () => {
    const { sender, sent, resubscribed } = viewer();
    sender.offer(frame(0));
    sender.takeFeedback(pli);
    sender.takeFeedback(pli);
    expect(resubscribed()).toBe(1);
    vi.advanceTimersByTime(1_001);
    const gop = longGop();
    sender.offerGop(gop);
    while (sent.at(-1)?.sequence !== 239) {
      sender.takeFeedback(pli);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(900);
    sender.takeFeedback(pli);
    expect(resubscribed()).toBe(1);
    vi.advanceTimersByTime(200);
    sender.takeFeedback(pli);
    expect(resubscribed()).toBe(2);
  });

  it('pauses for a second if half of the packets are lost, even in the middle of a GOP', () => {
    const { sender, sent, resubscribed } = viewer();
    sender.offerGop(longGop());
    vi.advanceTimersByTime(100);
    for (const _ of [1, 2]) sender.takeFeedback(halfLost);
    const before = sent.length;
    sender.takeFeedback(pli);
    vi.advanceTimersByTime(900);
    sender.offer(frame(241));
    expect([sent.length, resubscribed()]).toEqual([before, 0]);
    vi.advanceTimersByTime(200);
    sender.takeFeedback(pli);
    expect(resubscribed()).toBe(1);
  });

  it('sends nothing after close()', () => {
    const { sender, sent } = viewer();
    sender.offerGop(longGop());
    sender.close();
    const before = sent.length;
    sender.offer(frame(240));
    sender.offerGop(longGop());
    vi.advanceTimersByTime(3_000);
    expect(sent.length).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonicNow } from '../../../domain/clock.ts';
import type { Frame } from '../../../domain/frame.ts';
import { annexB } from '../../../formats/h264/h264.ts';
import { packetize } from '../../../formats/rtp/h264-payload.ts';
import { RtpStream } from './rtp-stream.ts';
import { SharedPackets } from './shared-packets.ts';
import { VideoSender } from './video-sender.ts';

const ssrc = 0x01020304;
const pli = Buffer.from('81ce0002' + '00000009' + '01020304', 'hex');
/** A report that half of the packets are lost. */
const halfLost = Buffer.from('81c90007' + '00000009' + '01020304' + '80000000' + '00'.repeat(16), 'hex');

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

/** A picture of so many bytes whose last two are its number. */
function picture(sequence: number, length = 5_000): Frame {
  const unit = Buffer.alloc(length - 4, 9);
  const keyframe = sequence % 1_000 === 0;
  unit[0] = keyframe ? 0x65 : 0x61;
  unit.set([Math.floor(sequence / 100) + 10, (sequence % 100) + 10], unit.length - 2);
  const capturedAt = monotonicNow();
  return { bytes: annexB([unit]), sequence, capturedAt, keyframe, width: 640, height: 360 };
}

/** The time of a timestamp near another one: these begin anew every 13 hours, and a machine runs for longer. */
function timeOf(timestamp: number, near: number): number {
  const round = 2 ** 32 / 90;
  return near + ((timestamp / 90 - (near % round) + 1.5 * round) % round) - round / 2;
}

function viewer() {
  const sent: { sequence: number; at: number; playAt: number }[] = [];
  let anew = 0;
  const send = (packet: Buffer): boolean => {
    // The last packet of a picture ends with its number.
    if ((packet[1] ?? 0) >> 7 === 1 && packet[1] !== 200) {
      const [hundreds = 0, ones = 0] = packet.subarray(-2);
      const sequence = (hundreds - 10) * 100 + ones - 10;
      const at = monotonicNow();
      sent.push({ sequence, at, playAt: timeOf(packet.readUInt32BE(4), at) });
    }
    return true;
  };
  const stream = new RtpStream({ ssrc, cname: 'c', payloadType: 96, clockRate: 90_000, captureId: 0, epoch: 0, send });
  const packets = new SharedPackets(packetize);
  const sender = new VideoSender({ stream, packets, resubscribe: () => (anew += 1), onEnd: () => undefined });
  return { sender, sent, anew: () => anew };
}

/** Eight seconds of a camera with 30 pictures a second, a keyframe first. */
function longGroup(): Frame[] {
  return Array.from({ length: 240 }, (_, index) => {
    vi.advanceTimersByTime(33);
    return picture(index);
  });
}

describe('VideoSender', () => {
  it('gives a viewer eight seconds since the last keyframe in about one, and never many at once', () => {
    const { sender, sent } = viewer();
    const group = longGroup();
    const begun = monotonicNow();
    sender.offerGop(group);
    let next = 240;
    while (sent.length < next) {
      vi.advanceTimersByTime(33);
      sender.offer(picture(next));
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

  it('lets their timestamps follow each other as they are sent, none twice, none ahead of its time', () => {
    const { sender, sent } = viewer();
    sender.offerGop(longGroup());
    for (let next = 240; next < 300; next += 1) {
      vi.advanceTimersByTime(33);
      sender.offer(picture(next));
    }
    const steps = sent.slice(1).map(({ playAt }, index) => playAt - (sent[index]?.playAt ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(0.05);
    // Whoever plays by the timestamps plays none of it late, and is where the camera is.
    expect(Math.max(...steps)).toBeLessThan(40);
    for (const { at, playAt } of sent) expect(at - playAt).toBeGreaterThanOrEqual(-1);
    expect(sent.at(-1)?.playAt).toBeCloseTo(monotonicNow(), 0);
  });

  it('makes up for no more than a moment when the machine was busy', () => {
    const { sender, sent } = viewer();
    sender.offerGop(longGroup());
    const before = sent.length;
    // Nothing runs for half a second.
    const now = monotonicNow();
    const busy = vi.spyOn(process.hrtime, 'bigint').mockReturnValue(BigInt(Math.round((now + 500) * 1e6)));
    vi.advanceTimersByTime(10);
    busy.mockRestore();
    expect(sent.length - before).toBeLessThan(24);
  });

  it('goes over to a keyframe that comes meanwhile', () => {
    const { sender, sent } = viewer();
    sender.offerGop(longGroup());
    vi.advanceTimersByTime(100);
    const before = sent.length;
    for (const next of [1_000, 1_001, 1_002]) sender.offer(picture(next));
    vi.advanceTimersByTime(100);
    expect(sent.slice(before).map(({ sequence }) => sequence)).toEqual([1_000, 1_001, 1_002]);
    sender.offer(picture(1_003));
    expect(sent.at(-1)?.sequence).toBe(1_003);
  });

  it('lets a viewer begin anew that asks for a keyframe, once a second, and not while it is given a group', () => {
    const { sender, sent, anew } = viewer();
    sender.offer(picture(0));
    sender.takeFeedback(pli);
    sender.takeFeedback(pli);
    expect(anew()).toBe(1);
    vi.advanceTimersByTime(1_001);
    const group = longGroup();
    sender.offerGop(group);
    while (sent.at(-1)?.sequence !== 239) {
      sender.takeFeedback(pli);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(900);
    sender.takeFeedback(pli);
    expect(anew()).toBe(1);
    vi.advanceTimersByTime(200);
    sender.takeFeedback(pli);
    expect(anew()).toBe(2);
  });

  it('leaves a line that loses half alone for a second, also in the middle of a group', () => {
    const { sender, sent, anew } = viewer();
    sender.offerGop(longGroup());
    vi.advanceTimersByTime(100);
    for (const _ of [1, 2]) sender.takeFeedback(halfLost);
    const before = sent.length;
    sender.takeFeedback(pli);
    vi.advanceTimersByTime(900);
    sender.offer(picture(241));
    expect([sent.length, anew()]).toEqual([before, 0]);
    vi.advanceTimersByTime(200);
    sender.takeFeedback(pli);
    expect(anew()).toBe(1);
  });

  it('sends nothing more once it is closed', () => {
    const { sender, sent } = viewer();
    sender.offerGop(longGroup());
    sender.close();
    const before = sent.length;
    sender.offer(picture(240));
    sender.offerGop(longGroup());
    vi.advanceTimersByTime(3_000);
    expect(sent.length).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });
});

import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SocketPairs } from '../../../test/support/socket-pairs.ts';
import { monotonicNow } from '../../domain/clock.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { Connections } from '../../fanout/connections.ts';
import { InterleavedSender } from './interleaved-sender.ts';
import { RtpTrack } from './rtp-track.ts';

const connections = Connections.open();
const pairs = new SocketPairs();
let theirs: Socket;
let ours: Socket;
beforeEach(async () => {
  ({ client: theirs, server: ours } = await pairs.open());
});
afterEach(() => pairs.close());

const gop = 10;
/** The n-th frame of an H.264 stream: every tenth is a keyframe. */
function frame(sequence: number, length: number): Frame {
  const keyframe = sequence % gop === 0;
  const slice = Buffer.alloc(length, 0x55);
  slice[0] = keyframe ? 0x65 : 0x41;
  // Without zeros, which could be a start code.
  slice[1] = 4 + (sequence % 100);
  slice[2] = 4 + Math.floor(sequence / 100);
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, 1]), slice]);
  return { bytes, sequence, capturedAt: monotonicNow() + sequence * 40, keyframe, width: 640, height: 480 };
}

/** The frames in interleaved packets, by their first fragments, and where sequence numbers are missing before them. */
function framesIn(bytes: Buffer): { readonly frames: number[]; readonly gaps: number[]; readonly reports: number } {
  const [frames, gaps]: [number[], number[]] = [[], []];
  let [reports, last]: [number, number | null] = [0, null];
  for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUInt16BE(at + 2)) {
    if (at + 4 + bytes.readUInt16BE(at + 2) > bytes.length) break; // the rest is on its way
    expect(bytes[at]).toBe(0x24);
    const packet = bytes.subarray(at + 4, at + 4 + bytes.readUInt16BE(at + 2));
    if (bytes[at + 1] === 1) {
      reports += 1;
      continue;
    }
    const [number, payload] = [packet.readUInt16BE(2), packet.subarray(12)];
    const isFragment = ((payload[0] as number) & 0x1f) === 28;
    const isFirst = !isFragment || ((payload[1] as number) & 0x80) !== 0;
    if (isFirst) {
      const [units = 0, hundreds = 0] = payload.subarray(isFragment ? 2 : 1);
      frames.push(units - 4 + (hundreds - 4) * 100);
      if (last !== null && number !== ((last + 1) & 0xffff)) gaps.push(frames.at(-1) as number);
    }
    last = number;
  }
  return { frames, gaps, reports };
}

/** The channels of the whole interleaved packets in these bytes, in order. */
function channelsIn(bytes: Buffer): number[] {
  const channels: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUInt16BE(at + 2)) channels.push(bytes[at + 1] as number);
  return channels;
}

function send(count: number, length: number): InterleavedSender {
  const sender = new InterleavedSender({
    connection: connections.of(ours),
    track: new RtpTrack('h264', 'test'),
    channel: 0,
    reports: 1,
    owner: '',
    onEnd: () => undefined,
  });
  for (let sequence = 0; sequence < count; sequence += 1) sender.offer(frame(sequence, length));
  return sender;
}

it('a client that reads gets every frame, behind one report', async () => {
  const chunks: Buffer[] = [];
  theirs.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  const sender = send(50, 5_000);
  await expect.poll(() => framesIn(Buffer.concat(chunks)).frames.at(-1)).toBe(49);
  expect(framesIn(Buffer.concat(chunks))).toMatchObject({ gaps: [], reports: 1 });
  expect([sender.sent, sender.dropped]).toEqual([50, 0]);
});

it('a client that falls behind loses whole GOPs, sees the gap, and goes on with a keyframe', async () => {
  // 40 MB: more than the queue and the kernel hold.
  const sender = send(400, 100_000);
  const chunks: Buffer[] = [];
  theirs.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  await expect.poll(() => framesIn(Buffer.concat(chunks)).frames.at(-1), { timeout: 10_000 }).toBe(399);
  const { frames, gaps } = framesIn(Buffer.concat(chunks));
  expect(gaps).toHaveLength(1);
  expect((gaps[0] as number) % gop).toBe(0);
  expect(frames.length).toBeLessThan(350);
  expect(frames.slice(frames.indexOf(gaps[0] as number)).length).toBe(400 - (gaps[0] as number));
  expect([sender.sent, sender.sent + sender.dropped]).toEqual([frames.length, 400]);
});

it('a client that falls behind with video still gets its audio meanwhile', async () => {
  const video = send(200, 35_000);
  const audio = new InterleavedSender({
    connection: connections.of(ours),
    track: new RtpTrack('aac', 'test'),
    channel: 2,
    reports: 3,
    owner: '',
    onEnd: () => undefined,
  });
  for (let sequence = 0; sequence < 200; sequence += 1) {
    audio.offer({ ...frame(sequence, 100), keyframe: false, width: 0, height: 0 });
  }
  const atOnce = video.sent;
  const chunks: Buffer[] = [];
  // It reads more slowly than the connection could take.
  const reading = setInterval(() => chunks.push((theirs.read() as Buffer | null) ?? Buffer.alloc(0)), 1);
  const received = () => channelsIn(Buffer.concat(chunks));
  // Of two reports, 200 frames of audio, and video in 30 packets each.
  await expect.poll(() => received().length, { timeout: 10_000 }).toBe(2 + 200 + 200 * 30);
  clearInterval(reading);
  const before = received().slice(0, received().lastIndexOf(2));
  expect(before.filter((channel) => channel === 0).length / 30).toBeLessThan(atOnce + 20);
});

it('a client that reads nothing holds a bounded part of the frames', () => {
  const sender = send(2_000, 20_000);
  expect(ours.writableLength).toBeLessThan(1024 * 1024);
  sender.close();
  expect(sender.sent).toBeLessThan(600);
});

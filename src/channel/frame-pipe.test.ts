import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frames.ts';
import type { Frame } from '../domain/media/frame.ts';
import { FramePipe } from './frame-pipe.ts';

const size = { width: 2, height: 2 };

function frame(sequence: number, keyframe: boolean, bytes = 1_000): Frame {
  return { bytes: Buffer.alloc(bytes, sequence), sequence, capturedAt: sequence, keyframe, ...size };
}

/** A pipe that holds one frame, with the frames it delivered and the events it reported. */
function pipe() {
  const stream = new PassThrough({ writableHighWaterMark: 10, readableHighWaterMark: 10 });
  const told = { dropped: 0, keyframes: [] as number[] };
  const sender = FramePipe.open(stream, {
    dropped: () => void (told.dropped += 1),
    needsKeyframe: (rendition) => void told.keyframes.push(rendition),
  });
  const received: [rendition: number, sequence: number][] = [];
  const reader = new FrameReader((rendition, each) => received.push([rendition, each.sequence]));
  const drain = async (): Promise<void> => {
    stream.on('data', (chunk: Buffer) => reader.push(chunk));
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { sender, told, received, drain };
}

describe('FramePipe', () => {
  it('holds only the newest frame of each intra-coded Rendition', async () => {
    const { sender, told, received, drain } = pipe();
    for (const sequence of [1, 2, 3, 4]) {
      sender.send(1, frame(sequence, true));
      sender.send(2, frame(sequence, true));
    }
    await drain();
    expect(received).toEqual([
      [1, 1],
      [1, 4],
      [2, 4],
    ]);
    expect(told).toEqual({ dropped: 5, keyframes: [] });
  });

  it('holds the frames since a keyframe, in order', async () => {
    const { sender, told, received, drain } = pipe();
    for (let sequence = 1; sequence <= 60; sequence += 1) sender.send(1, frame(sequence, sequence === 1));
    await drain();
    expect(received.map(([, sequence]) => sequence)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(told).toEqual({ dropped: 0, keyframes: [] });
  });

  it('holds audio in order, and drops only the oldest', async () => {
    const { sender, told, received, drain } = pipe();
    const audio = (sequence: number): Frame => ({ ...frame(sequence, false, 100), width: 0, height: 0 });
    sender.send(1, frame(1, true));
    for (let sequence = 1; sequence <= 310; sequence += 1) sender.send(2, audio(sequence));
    sender.send(1, frame(2, true));
    await drain();
    expect(told).toEqual({ dropped: 10, keyframes: [] });
    const heard = received.filter(([rendition]) => rendition === 2).map(([, sequence]) => sequence);
    expect(heard).toEqual(Array.from({ length: 300 }, (_, index) => index + 11));
    sender.send(2, audio(311));
    await drain();
    expect(received.at(-1), 'and goes on').toEqual([2, 311]);
  });

  it('drops every frame up to the next keyframe, and requests one, when an inter-coded Rendition overflows', async () => {
    const { sender, told, received, drain } = pipe();
    sender.send(1, frame(1, true));
    for (let sequence = 2; sequence <= 310; sequence += 1) sender.send(1, frame(sequence, false));
    sender.send(2, frame(7, true));
    expect(told.keyframes).toEqual([1]);
    expect(told.dropped).toBe(309);
    sender.send(1, frame(311, true));
    sender.send(1, frame(312, false));
    await drain();
    expect(received.filter(([rendition]) => rendition === 1).map(([, sequence]) => sequence)).toEqual([1, 311, 312]);
    expect(received).toContainEqual([2, 7]);
  });

  it('drops the waiting frames when a keyframe arrives', async () => {
    const { sender, told, received, drain } = pipe();
    sender.send(1, frame(1, true));
    for (const sequence of [2, 3, 4]) sender.send(1, frame(sequence, false));
    sender.send(1, frame(5, true));
    await drain();
    expect(received.map(([, sequence]) => sequence)).toEqual([1, 5]);
    expect(told.dropped).toBe(3);
  });
});

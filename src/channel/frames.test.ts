import { describe, expect, it } from 'vitest';
import type { Frame } from '../domain/media/frame.ts';
import { frameLength, FrameReader, writeFrame } from './frames.ts';

const frame: Frame = {
  bytes: Buffer.from('a frame of some length'),
  sequence: 4_000_000_000,
  capturedAt: 123_456_789.25,
  keyframe: true,
  width: 1280,
  height: 720,
};

/** The bytes of a frame on the pipe. */
function onThePipe(rendition: number, each: Frame): Buffer {
  const bytes = Buffer.alloc(frameLength(each));
  writeFrame(bytes, rendition, each);
  return bytes;
}

function collect(): { reader: FrameReader; frames: { rendition: number; frame: Frame }[] } {
  const frames: { rendition: number; frame: Frame }[] = [];
  return { reader: new FrameReader((rendition, each) => frames.push({ rendition, frame: each })), frames };
}

describe('FrameReader', () => {
  it('reads the frames that were written', () => {
    const { reader, frames } = collect();
    reader.push(onThePipe(7, frame));
    expect(frames).toEqual([{ rendition: 7, frame }]);
  });

  it('assembles frames from chunks of any size', () => {
    const other = { ...frame, bytes: Buffer.alloc(70_000, 'x'), keyframe: false, sequence: 1 };
    const stream = Buffer.concat([onThePipe(1, frame), onThePipe(2, other)]);
    for (const size of [1, 2, 31, 32, 33, 65_536]) {
      const { reader, frames } = collect();
      for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
      expect(frames, `chunks of ${size}`).toEqual([
        { rendition: 1, frame },
        { rendition: 2, frame: other },
      ]);
    }
  });

  it('delivers no frame before its last byte', () => {
    const { reader, frames } = collect();
    reader.push(onThePipe(1, frame).subarray(0, -1));
    expect(frames).toEqual([]);
  });

  it('copies its input: a chunk may be reused', () => {
    const { reader, frames } = collect();
    const chunk = onThePipe(1, frame);
    reader.push(chunk);
    chunk.fill(0);
    expect(frames[0]?.frame.bytes).toEqual(frame.bytes);
  });

  it.each([
    ['another magic', Buffer.alloc(32, 1)],
    ['a length beyond the limit', onThePipe(1, frame).fill(0xff, 12, 16)],
    ['an empty frame', onThePipe(1, { ...frame, bytes: Buffer.alloc(0) })],
  ])('refuses %s', (_name, bytes) => {
    expect(() => collect().reader.push(bytes)).toThrow('out of step');
  });
});

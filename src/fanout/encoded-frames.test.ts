import { describe, expect, it } from 'vitest';
import { FrameRoom, type Frame } from '../domain/frame.ts';
import { wrapped } from './encoded-frames.ts';

/** A frame as it comes from the pipe, with room around it. */
function roomyFrame(text: string): Frame {
  const memory = Buffer.alloc(FrameRoom.before + text.length + FrameRoom.behind);
  const bytes = memory.subarray(FrameRoom.before, FrameRoom.before + text.length);
  bytes.write(text);
  return { bytes, sequence: 1, capturedAt: 0, keyframe: true, width: 1, height: 1, room: new FrameRoom() };
}

describe('wrapped', () => {
  it('uses the room around a frame, so that its picture is not copied', () => {
    const frame = roomyFrame('picture');
    const around = wrapped(frame, 10, 2);
    expect(around.subarray(10, 17).toString()).toBe('picture');
    expect(around.length).toBe(19);
    expect(around.buffer).toBe(frame.bytes.buffer);
  });

  it('copies for the second wire, which would write over the head of the first', () => {
    const frame = roomyFrame('picture');
    const first = wrapped(frame, 10, 2);
    first.fill('1', 0, 10);
    const second = wrapped(frame, 10, 2);
    second.fill('2', 0, 10);
    expect(second.subarray(10, 17).toString()).toBe('picture');
    expect(first.subarray(0, 10).toString()).toBe('1111111111');
  });

  it.each([
    ['there is no room', { ...roomyFrame('picture'), room: undefined }, 10],
    ['the head is too long', roomyFrame('picture'), FrameRoom.before + 1],
  ])('copies when %s', (_case, { room, ...frame }, head) => {
    const around = wrapped(room === undefined ? frame : { ...frame, room }, head, 0);
    expect(around.subarray(head).toString()).toBe('picture');
    expect(around.buffer).not.toBe(frame.bytes.buffer);
  });
});

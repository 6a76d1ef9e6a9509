import sharp from 'sharp';
import { expect, it } from 'vitest';
import { plainJpeg } from '../../../test/support/plain-jpeg.ts';
import { FrameReader } from '../../channel/frames.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { ExactLengths, readFrames } from './reader-loop.ts';
import { ReaderState } from './reader-state.ts';
import type { DriverFrame } from './stream.ts';

const small = await jpeg(48, 32);
const large = await jpeg(64, 48);

function jpeg(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#45d3c8' } })
    .jpeg()
    .toBuffer();
}

/** A driver that delivers these frames, and then fails. */
class FakeStream {
  readonly #frames: DriverFrame[];
  /** How many frames are available without waiting. */
  ready = 0;

  constructor(frames: readonly Buffer[]) {
    this.#frames = frames.map((bytes, index) => ({ bytes, capturedAt: 1_000 + index }));
  }

  get hasNext(): boolean {
    return this.ready > 0;
  }

  next(): DriverFrame {
    this.ready -= 1;
    const frame = this.#frames.shift();
    if (frame === undefined) throw new Error('unplugged');
    return frame;
  }
}

interface Run {
  readonly sent: { readonly id: number; readonly frame: Frame }[];
  readonly kept: Frame[];
  readonly counts: ReturnType<ReaderState['takeCounts']>;
}

/** @param during called while a frame is sent; returns true if sending had to wait */
function run(driver: FakeStream, state: ReaderState, during: () => boolean = () => false): Run {
  const sent: Run['sent'] = [];
  const reader = new FrameReader((id, frame) => sent.push({ id, frame }));
  const kept: Frame[] = [];
  const send = (header: Buffer, bytes: Buffer): boolean => {
    reader.push(Buffer.concat([header, bytes]));
    return during();
  };
  expect(() => readFrames(driver, state, { send, keep: (frame) => kept.push(frame) })).toThrow('unplugged');
  return { sent, kept, counts: state.takeCounts() };
}

function demanding(ids: readonly number[], encode = false): ReaderState {
  const state = new ReaderState();
  state.demand = { ids, encode };
  return state;
}

it('sends each frame to all Renditions, and keeps the first one', () => {
  const { sent, kept, counts } = run(new FakeStream([small, small]), demanding([3, 5]));
  expect(sent.map(({ id, frame }) => [id, frame.sequence, frame.capturedAt, frame.width])).toEqual([
    [3, 1, 1_000, 48],
    [5, 1, 1_000, 48],
    [3, 2, 1_001, 48],
    [5, 2, 1_001, 48],
  ]);
  expect(sent.every(({ frame }) => frame.bytes.equals(small) && frame.keyframe)).toBe(true);
  expect(kept.map(({ sequence, bytes }) => [sequence, bytes.equals(small)])).toEqual([[1, true]]);
  expect(counts).toEqual({ captured: 2, dropped: {} });
});

it('keeps the first frame of each size, and every frame while frames have to be encoded', () => {
  const sizes = run(new FakeStream([small, large, large, small]), demanding([]));
  expect(sizes.kept.map(({ sequence, width, height }) => [sequence, width, height])).toEqual([
    [1, 48, 32],
    [2, 64, 48],
    [4, 48, 32],
  ]);
  const all = run(new FakeStream([small, small, small]), demanding([], true));
  expect(all.kept.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});

it('drops and counts frames that are damaged, or that the driver reports as damaged', () => {
  const cut = small.subarray(0, small.length / 2);
  const { sent, counts } = run(new FakeStream([small, cut, Buffer.alloc(0), small]), demanding([1]));
  expect(sent.map(({ frame }) => frame.sequence)).toEqual([1, 4]);
  expect(counts).toEqual({ captured: 4, dropped: { corrupt: 2 } });
});

it('continues with the newest frame when it had to wait for the server', () => {
  const driver = new FakeStream([small, small, small, small, small]);
  let slow = true;
  const { sent, counts } = run(driver, demanding([1]), () => {
    if (!slow) return false;
    slow = false;
    driver.ready = 3; // Meanwhile the driver has filled three buffers.
    return true;
  });
  expect(sent.map(({ frame }) => frame.sequence)).toEqual([1, 4, 5]);
  expect(counts).toEqual({ captured: 5, dropped: { pipe: 2 } });
});

it('ends when it is stopped', () => {
  const state = demanding([1]);
  const driver = new FakeStream([small, small]);
  const sent: Buffer[] = [];
  const send = (_header: Buffer, bytes: Buffer): boolean => {
    sent.push(bytes);
    state.stop();
    return false;
  };
  readFrames(driver, state, { send, keep: () => undefined });
  expect(sent).toHaveLength(1);
});

it('trusts a driver that has reported enough exact lengths, and checks it now and then', () => {
  const lengths = new ExactLengths();
  const trusted = Array.from({ length: 62 }, () => {
    const now = lengths.trusted;
    lengths.note(true);
    return now;
  });
  const checked = trusted.flatMap((now, index) => (now ? [] : [index]));
  expect(checked).toEqual([...Array(31).keys(), 60]);
  lengths.note(false);
  expect(lengths.trusted).toBe(false);
});

it('cuts off what follows a JPEG, for a driver that never reports exact lengths and for one that stops doing so', () => {
  const stale = Buffer.concat([small, small.subarray(small.length / 2)]);
  const always = run(new FakeStream(Array.from({ length: 40 }, () => stale)), demanding([1]));
  expect(always.sent.every(({ frame }) => frame.bytes.equals(small))).toBe(true);
  const changing = [...Array.from({ length: 40 }, () => small), ...Array.from({ length: 60 }, () => stale)];
  const { sent } = run(new FakeStream(changing), demanding([1]));
  const wrong = sent.flatMap(({ frame }) => (frame.bytes.equals(small) ? [] : [frame.sequence]));
  // The next check finds out, and the driver is not trusted again.
  expect(wrong).toEqual(Array.from({ length: 20 }, (_, index) => 41 + index));
});

it('keeps a frame that claims too much, for its size to be refused, and sends it to nobody', () => {
  const { sent, kept } = run(new FakeStream([plainJpeg(16_000, 16_000), small]), demanding([1]));
  expect(sent.map(({ frame }) => frame.width)).toEqual([48]);
  expect(kept.map(({ width }) => width)).toEqual([16_000, 48]);
});

import sharp from 'sharp';
import { expect, it } from 'vitest';
import { FrameReader } from '../../channel/frames.ts';
import type { Frame } from '../../domain/frame.ts';
import { ExactEnds, passOn } from './reader-loop.ts';
import { ReaderState } from './reader-state.ts';
import type { DriverFrame } from './stream.ts';

const small = await jpeg(48, 32);
const large = await jpeg(64, 48);

function jpeg(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#45d3c8' } })
    .jpeg()
    .toBuffer();
}

/** Stands where the driver would: has these pictures, the first of them at once, and then fails. */
class Driver {
  readonly #pictures: DriverFrame[];
  /** How many are there without waiting. */
  ready = 0;

  constructor(pictures: readonly Buffer[]) {
    this.#pictures = pictures.map((bytes, index) => ({ bytes, capturedAt: 1_000 + index }));
  }

  get hasNext(): boolean {
    return this.ready > 0;
  }

  next(): DriverFrame {
    this.ready -= 1;
    const picture = this.#pictures.shift();
    if (picture === undefined) throw new Error('unplugged');
    return picture;
  }
}

interface Run {
  readonly sent: { readonly id: number; readonly frame: Frame }[];
  readonly kept: Frame[];
  readonly counts: ReturnType<ReaderState['takeCounts']>;
}

/** @param during called with each frame that is sent, while it is; true if that had to wait */
function run(driver: Driver, state: ReaderState, during: () => boolean = () => false): Run {
  const sent: Run['sent'] = [];
  const reader = new FrameReader((id, frame) => sent.push({ id, frame }));
  const kept: Frame[] = [];
  const send = (header: Buffer, bytes: Buffer): boolean => {
    reader.push(Buffer.concat([header, bytes]));
    return during();
  };
  expect(() => passOn(driver, state, { send, keep: (frame) => kept.push(frame) })).toThrow('unplugged');
  return { sent, kept, counts: state.takeCounts() };
}

function demanding(ids: readonly number[], pictures = false): ReaderState {
  const state = new ReaderState();
  state.demand = { ids, pictures };
  return state;
}

it('sends each picture to all Renditions, and keeps the first one', () => {
  const { sent, kept, counts } = run(new Driver([small, small]), demanding([3, 5]));
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

it('keeps the first picture of each size, and every one while they are wanted', () => {
  const sizes = run(new Driver([small, large, large, small]), demanding([]));
  expect(sizes.kept.map(({ sequence, width, height }) => [sequence, width, height])).toEqual([
    [1, 48, 32],
    [2, 64, 48],
    [4, 48, 32],
  ]);
  const all = run(new Driver([small, small, small]), demanding([], true));
  expect(all.kept.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});

it('drops what is damaged, what the driver says is, and counts both', () => {
  const cut = small.subarray(0, small.length / 2);
  const { sent, counts } = run(new Driver([small, cut, Buffer.alloc(0), small]), demanding([1]));
  expect(sent.map(({ frame }) => frame.sequence)).toEqual([1, 4]);
  expect(counts).toEqual({ captured: 4, dropped: { corrupt: 2 } });
});

it('goes on with the newest picture when the server has kept it waiting', () => {
  const driver = new Driver([small, small, small, small, small]);
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

it('ends when it is told to', () => {
  const state = demanding([1]);
  const driver = new Driver([small, small]);
  const sent: Buffer[] = [];
  const send = (_header: Buffer, bytes: Buffer): boolean => {
    sent.push(bytes);
    state.stop();
    return false;
  };
  passOn(driver, state, { send, keep: () => undefined });
  expect(sent).toHaveLength(1);
});

it('believes a driver that has told the end of a picture often enough, and tries it now and then', () => {
  const ends = new ExactEnds();
  const believed = Array.from({ length: 62 }, () => {
    const now = ends.believed;
    ends.note(true);
    return now;
  });
  const looked = believed.flatMap((now, index) => (now ? [] : [index]));
  expect(looked).toEqual([...Array(31).keys(), 60]);
  ends.note(false);
  expect(ends.believed).toBe(false);
});

it('cuts what lies behind a picture off, from a driver that has never told the end and from one that begins to lie', () => {
  const stale = Buffer.concat([small, small.subarray(small.length / 2)]);
  const always = run(new Driver(Array.from({ length: 40 }, () => stale)), demanding([1]));
  expect(always.sent.every(({ frame }) => frame.bytes.equals(small))).toBe(true);
  const lying = [...Array.from({ length: 40 }, () => small), ...Array.from({ length: 60 }, () => stale)];
  const { sent } = run(new Driver(lying), demanding([1]));
  const wrong = sent.flatMap(({ frame }) => (frame.bytes.equals(small) ? [] : [frame.sequence]));
  // At the next trial it is found out, and not believed again.
  expect(wrong).toEqual(Array.from({ length: 20 }, (_, index) => 41 + index));
});

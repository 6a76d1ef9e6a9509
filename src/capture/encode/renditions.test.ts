import { AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { H264Encoder } from './h264-encoder.ts';
import { H264Encoders } from './h264-encoders.ts';
import { Renditions, type WantedVideo } from './renditions.ts';

const size = { width: 640, height: 480 };

/** Renditions of a raw source, with real encoders that are counted. */
function counted() {
  let now = 0;
  const counts = { opened: 0, open: 0, encodes: 0 };
  const encoders = new H264Encoders(
    'x264',
    () => undefined,
    async (...args) => {
      const encoder = await H264Encoder.open(...args);
      counts.opened += 1;
      counts.open += 1;
      return {
        width: encoder.width,
        height: encoder.height,
        encode: (frame, capturedAt) => {
          counts.encodes += 1;
          return encoder.encode(frame, capturedAt);
        },
        requestKeyframe: () => encoder.requestKeyframe(),
        [Symbol.dispose]: () => {
          counts.open -= 1;
          encoder[Symbol.dispose]();
        },
      };
    },
  );
  const renditions = new Renditions({ ...size, format: 'yuyv422', fps: 30 }, null, encoders);
  const frame = Frame.fromVideoBuffer(Buffer.alloc((size.width * size.height * 3) / 2, 128), {
    ...size,
    format: AV_PIX_FMT_YUVJ420P,
  });
  onTestFinished(() => {
    renditions[Symbol.dispose]();
    frame.free();
  });
  /** Encodes the next frame. */
  const encode = async () => (await renditions.encode(frame, (now += 33))).frames;
  return { renditions, encode, counts };
}

const h264 = (id: number, width: number | 'source'): WantedVideo => ({ id, codec: 'h264', width });

describe('Renditions', () => {
  it('encode extra Renditions for each n-th frame, one after the other, and their first frame at once', async () => {
    const { renditions, encode } = counted();
    renditions.want([h264(1, 'source'), { ...h264(2, 320), every: 4 }, { ...h264(3, 480), every: 4 }]);
    const made: (readonly number[])[] = [];
    for (let index = 0; index < 9; index += 1) made.push((await encode()).flatMap(({ ids }) => ids));
    expect(made[0]).toEqual([1, 2, 3]);
    expect(made.every((ids) => ids.includes(1))).toBe(true);
    for (const id of [2, 3]) expect(made.slice(1).filter((ids) => ids.includes(id))).toHaveLength(2);
    expect(made.slice(1).some((ids) => ids.length === 3)).toBe(false);
  });

  it('share one encoder, and one encode per frame, if they have the same codec and size', async () => {
    const { renditions, encode, counts } = counted();
    // As for a source that is no wider than a requested width.
    renditions.want([h264(1, 'source'), h264(2, 640), h264(3, 1280)]);
    for (let index = 0; index < 5; index += 1) {
      const made = await encode();
      expect(made.map(({ ids, width, height }) => ({ ids, width, height }))).toEqual([{ ids: [1, 2, 3], ...size }]);
    }
    expect(counts).toEqual({ opened: 1, open: 1, encodes: 5 });
  });

  it('of another size or codec have their own encoder', async () => {
    const { renditions, encode, counts } = counted();
    renditions.want([h264(1, 'source'), h264(2, 320), { id: 3, codec: 'jpeg', width: 320 }]);
    const made = await encode();
    expect(made.map(({ ids, width }) => [ids, width])).toEqual([
      [[1], 640],
      [[2], 320],
      [[3], 320],
    ]);
    expect(counts).toEqual({ opened: 2, open: 2, encodes: 2 });
  });

  it('are encoded only while they are in demand, and the encoders of others keep running', async () => {
    const { renditions, encode, counts } = counted();
    renditions.want([h264(1, 'source'), h264(2, 320)]);
    await encode();
    renditions.want([h264(1, 'source')]);
    await encode();
    expect(counts).toEqual({ opened: 2, open: 1, encodes: 3 });
    renditions.want([]);
    expect(renditions.encodes).toBe(false);
    expect(await encode()).toEqual([]);
    expect(counts).toEqual({ opened: 2, open: 0, encodes: 3 });
  });

  it('close the last encoder, even if no other frame is encoded', async () => {
    const { renditions, encode, counts } = counted();
    renditions.want([h264(1, 'source'), h264(2, 320)]);
    await encode();
    // As when all remaining Renditions are passed through.
    renditions.want([]);
    expect(counts).toEqual({ opened: 2, open: 0, encodes: 2 });
    renditions.want([h264(1, 'source')]);
    const current = encode();
    renditions.want([]);
    expect((await current).map(({ ids }) => ids)).toEqual([[1]]);
    expect(counts).toEqual({ opened: 3, open: 0, encodes: 3 });
  });

  it('that join a running encoder start with a keyframe that all share, and open no second encoder', async () => {
    const { renditions, encode, counts } = counted();
    renditions.want([h264(1, 'source')]);
    for (let index = 0; index < 20; index += 1) await encode();
    renditions.want([h264(1, 'source'), h264(2, 640)]);
    const [joined] = await encode();
    const [next] = await encode();
    expect([joined?.ids, joined?.keyframe, next?.keyframe]).toEqual([[1, 2], true, false]);
    expect(counts).toEqual({ opened: 1, open: 1, encodes: 22 });
  });
});

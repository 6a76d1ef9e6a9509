import { AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { H264Encoder } from './h264-encoder.ts';
import { H264Encoders } from './h264-encoders.ts';
import { Renditions, type WantedVideo } from './renditions.ts';

const size = { width: 640, height: 480 };

/** Renditions of a raw source with real encoders, which are counted. */
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
  /** Encodes the next picture. */
  const encode = () => renditions.encode(frame, (now += 33));
  return { renditions, encode, counts };
}

const h264 = (id: number, width: number | 'source'): WantedVideo => ({ id, codec: 'h264', width });

describe('Renditions', () => {
  it('of one codec and size have one encoder and one encode a picture, whatever their number', async () => {
    const { renditions, encode, counts } = counted();
    // A source that turned out to be no larger than a width that was asked for.
    renditions.want([h264(1, 'source'), h264(2, 640), h264(3, 1280)]);
    for (let picture = 0; picture < 5; picture += 1) {
      const made = await encode();
      expect(made.map(({ ids, width, height }) => ({ ids, width, height }))).toEqual([{ ids: [1, 2, 3], ...size }]);
    }
    expect(counts).toEqual({ opened: 1, open: 1, encodes: 5 });
  });

  it('of another size or codec have one of their own', async () => {
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

  it('are encoded only while they are wanted, and the encoders of others run on', async () => {
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

  it('leave no encoder open behind the last of them, though no other picture is encoded', async () => {
    const { renditions, encode, counts } = counted();
    renditions.want([h264(1, 'source'), h264(2, 320)]);
    await encode();
    // As while everybody who is left watches the source's own pictures.
    renditions.want([]);
    expect(counts).toEqual({ opened: 2, open: 0, encodes: 2 });
    renditions.want([h264(1, 'source')]);
    const present = encode();
    renditions.want([]);
    expect((await present).map(({ ids }) => ids)).toEqual([[1]]);
    expect(counts).toEqual({ opened: 3, open: 0, encodes: 3 });
  });

  it('that join a running encoder begin with a keyframe, made once for all, and open no second one', async () => {
    const { renditions, encode, counts } = counted();
    renditions.want([h264(1, 'source')]);
    for (let picture = 0; picture < 20; picture += 1) await encode();
    renditions.want([h264(1, 'source'), h264(2, 640)]);
    const [joined] = await encode();
    const [next] = await encode();
    expect([joined?.ids, joined?.keyframe, next?.keyframe]).toEqual([[1, 2], true, false]);
    expect(counts).toEqual({ opened: 1, open: 1, encodes: 22 });
  });
});

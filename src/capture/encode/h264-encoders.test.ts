import { AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { describe, expect, it } from 'vitest';
import { h264Encoders, type H264EncoderChoice } from '../../domain/h264-encoder.ts';
import { isKeyframe, nalUnits, parameterSetsOf, readSequence } from '../../formats/h264/h264.ts';
import type { Encoder } from './encoder.ts';
import { h264Backends } from './h264-backends.ts';
import { H264Encoder } from './h264-encoder.ts';
import { H264Encoders, type OpenH264 } from './h264-encoders.ts';
import { Renditions, type EncodedVideo } from './renditions.ts';

const size = { width: 320, height: 240 };

function grey(): Frame {
  const picture = Buffer.alloc((size.width * size.height * 3) / 2, 128);
  return Frame.fromVideoBuffer(picture, { ...size, format: AV_PIX_FMT_YUVJ420P });
}

/** Opens an encoder of this choice twice; returns what it makes of some pictures and what it said. */
async function encode(choice: H264EncoderChoice, pictures = 3) {
  const said: string[] = [];
  const encoders = new H264Encoders(choice, (text) => said.push(text));
  using frame = grey();
  using first = await encoders.open(size, 30, frame);
  using second = await encoders.open({ width: 161, height: 121 }, 30, frame);
  const made = [];
  for (let at = 0; at < pictures; at += 1) made.push(await first.encode(frame, at * 33));
  return { made, said, second };
}

describe('H264Encoders', () => {
  it('begin with a keyframe that holds its parameter sets, and hold no picture back', async () => {
    const { made, said, second } = await encode('x264');
    expect(made.map((each) => each?.keyframe)).toEqual([true, false, false]);
    const units = nalUnits(made[0]?.bytes ?? Buffer.alloc(0));
    expect(isKeyframe(units)).toBe(true);
    const sets = parameterSetsOf(units);
    expect(sets && readSequence(sets.sps)).toMatchObject({ ...size, profile: 66 });
    expect(said).toEqual([]);
    // 4:2:0 has no odd sizes.
    expect([second.width, second.height]).toEqual([160, 120]);
  });

  it.each(h264Encoders.filter((name) => name !== 'x264'))(
    'use %s, or say once in a sentence why not and use x264',
    async (name) => {
      const { made, said } = await encode(name);
      expect(made[0]?.keyframe).toBe(true);
      if (said.length > 0)
        expect(said).toEqual([expect.stringMatching(new RegExp(`^H\\.264 cannot be .* ${name} .*x264`))]);
    },
  );

  it('find by themselves what works, without a word', async () => {
    const { made, said } = await encode('auto');
    expect(made[0]?.keyframe).toBe(true);
    expect(said).toEqual([]);
  });
});

/** What a stand-in for hardware does with its pictures: like x264, it encodes them. */
type Fault = (encoder: Encoder, opened: number) => Encoder;

/** Opens x264 in place of nvenc, with a fault, and no other hardware; tells how often that was tried. */
function hardware(fault: Fault) {
  const asked = { nvenc: 0 };
  const open: OpenH264 = async (wanted, fps, like, backend) => {
    if (backend !== h264Backends.nvenc && backend !== h264Backends.x264) throw new Error('there is none');
    const encoder = await H264Encoder.open(wanted, fps, like, h264Backends.x264);
    if (backend !== h264Backends.nvenc) return encoder;
    asked.nvenc += 1;
    return fault(encoder, asked.nvenc);
  };
  return { asked, open };
}

/** Refuses all but the first so many. */
function refusesAfter(many: number): Fault {
  return (encoder, opened) => {
    if (opened <= many) return encoder;
    encoder[Symbol.dispose]();
    throw new Error('too many sessions');
  };
}

/** Encodes so many pictures in all, then does this instead. */
function diesAfter(pictures: number, then: () => null): Fault {
  let left = pictures;
  return (encoder) => ({
    width: encoder.width,
    height: encoder.height,
    encode: (...args) => ((left -= 1) < 0 ? Promise.try(then) : encoder.encode(...args)),
    requestKeyframe: () => encoder.requestKeyframe?.(),
    [Symbol.dispose]: () => encoder[Symbol.dispose](),
  });
}

const fails = (): null => {
  throw new Error('the device is gone');
};

/** Encodes pictures until one comes out after some that did not, at most 100; returns them all. */
async function encodeThrough(encoder: Encoder) {
  const made: Awaited<ReturnType<Encoder['encode']>>[] = [];
  using frame = grey();
  while (made.length < 100 && !(made.includes(null) && made.at(-1) !== null)) {
    made.push(await encoder.encode(frame, made.length * 33));
  }
  return made;
}

describe('H264Encoders of hardware', () => {
  const more = { width: 160, height: 120 };

  it('let x264 do what it refuses, said once, while it goes on with the rest', async () => {
    const said: string[] = [];
    // One for the trial, one to keep.
    const { asked, open } = hardware(refusesAfter(2));
    const encoders = new H264Encoders('nvenc', (text) => said.push(text), open);
    using frame = grey();
    using first = await encoders.open(size, 30, frame);
    using second = await encoders.open(more, 30, frame);
    using third = await encoders.open({ width: 80, height: 60 }, 30, frame);
    for (const encoder of [first, second, third]) expect((await encoder.encode(frame, 0))?.keyframe).toBe(true);
    expect([second.width, second.height]).toEqual([160, 120]);
    expect(said).toEqual([expect.stringMatching(/160 × 120 .*nvenc \(too many sessions\): x264 /)]);
    // It may have room again.
    expect(asked.nvenc).toBe(4);
  });

  it('is not used when it allows one encoder and the trial was that', async () => {
    const said: string[] = [];
    const encoders = new H264Encoders('auto', (text) => said.push(text), hardware(refusesAfter(1)).open);
    using frame = grey();
    using encoder = await encoders.open(size, 30, frame);
    expect((await encoder.encode(frame, 0))?.keyframe).toBe(true);
    expect(said).toEqual([expect.stringMatching(/nvenc \(too many sessions\): x264 /)]);
  });

  it('does not take the JPEG of a camera with it', async () => {
    const encoders = new H264Encoders('nvenc', () => undefined, hardware(refusesAfter(1)).open);
    using renditions = new Renditions({ format: 'rgb24', ...size, fps: 30 }, null, encoders);
    renditions.want([
      { id: 1, codec: 'jpeg', width: 'source' },
      { id: 2, codec: 'h264', width: 'source' },
      { id: 3, codec: 'h264', width: 160 },
    ]);
    using frame = grey();
    const made: readonly EncodedVideo[] = await renditions.encode(frame, 0);
    expect(made.map(({ ids, width, keyframe }) => [ids, width, keyframe])).toEqual([
      [[1], 320, true],
      [[2], 320, true],
      [[3], 160, true],
    ]);
  });

  it.each([
    ['fails', fails, /nvenc .*\(the device is gone\): x264 /],
    ['makes nothing any more', () => null, /nvenc .*\(it made nothing of \d+ pictures\): x264 /],
  ])('that %s while it runs is replaced by x264, which begins with a keyframe', async (_, then, sentence) => {
    const said: string[] = [];
    // The trial takes one.
    const { asked, open } = hardware(diesAfter(4, then));
    const encoders = new H264Encoders('nvenc', (text) => said.push(text), open);
    using frame = grey();
    using encoder = await encoders.open(size, 30, frame);
    using other = await encoders.open(more, 30, frame);

    const made = await encodeThrough(encoder);
    expect(made.slice(0, 3).map((each) => each?.keyframe)).toEqual([true, false, false]);
    expect(made.at(-1)?.keyframe).toBe(true);
    expect(parameterSetsOf(nalUnits(made.at(-1)?.bytes ?? Buffer.alloc(0)))).not.toBeNull();
    expect((await encoder.encode(frame, 4_000))?.bytes.length).toBeGreaterThan(0);

    expect((await encodeThrough(other)).at(-1)?.keyframe).toBe(true);
    const opened = asked.nvenc;
    using later = await encoders.open({ width: 80, height: 60 }, 30, frame);
    expect((await later.encode(frame, 0))?.keyframe).toBe(true);
    expect(asked.nvenc).toBe(opened);
    expect(said).toEqual([expect.stringMatching(sentence)]);
  });

  it('that fails at a slow camera is replaced before the camera is taken to be silent', async () => {
    const encoders = new H264Encoders('nvenc', () => undefined, hardware(diesAfter(1, fails)).open);
    using frame = grey();
    using encoder = await encoders.open(size, 1, frame);
    const made = [];
    for (let second = 0; second < 4; second += 1) made.push(await encoder.encode(frame, second * 1_000));
    expect(made.at(-1)).not.toBeNull();
  });

  it('goes on as x264 when x264 itself fails, as often as it does', async () => {
    const said: string[] = [];
    const open: OpenH264 = async (...args) => diesAfter(5, fails)(await H264Encoder.open(...args), 1);
    const encoders = new H264Encoders('x264', (text) => said.push(text), open);
    using frame = grey();
    using encoder = await encoders.open(size, 30, frame);
    const made = [];
    for (let at = 0; at < 60; at += 1) made.push(await encoder.encode(frame, at * 33));
    expect(made.filter((each) => each?.keyframe).length).toBeGreaterThan(2);
    expect(said).toEqual([expect.stringMatching(/x264 .*\(the device is gone\): it is started anew/)]);
  });

  it('may fail now and then', async () => {
    const said: string[] = [];
    let pictures = 0;
    const { open } = hardware((encoder) => ({
      width: encoder.width,
      height: encoder.height,
      encode: (...args) => ((pictures += 1) % 3 === 0 ? Promise.try(fails) : encoder.encode(...args)),
      [Symbol.dispose]: () => encoder[Symbol.dispose](),
    }));
    const encoders = new H264Encoders('nvenc', (text) => said.push(text), open);
    using frame = grey();
    using encoder = await encoders.open(size, 30, frame);
    const made = [];
    for (let at = 0; at < 60; at += 1) made.push(await encoder.encode(frame, at * 33));
    expect(made.filter((each) => each === null)).toHaveLength(20);
    expect(said).toEqual([]);
  });
});

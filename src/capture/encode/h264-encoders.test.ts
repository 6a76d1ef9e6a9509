import { AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { describe, expect, it } from 'vitest';
import { h264Encoders, type H264EncoderChoice } from '../../domain/media/h264-encoder.ts';
import { isKeyframe, nalUnits, parameterSetsOf, readSequence } from '../../formats/h264/h264.ts';
import type { Encoder } from './encoder.ts';
import { h264Backends } from './h264-backends.ts';
import { H264Encoder } from './h264-encoder.ts';
import { H264Encoders, type OpenH264 } from './h264-encoders.ts';
import { Renditions } from './renditions.ts';

const size = { width: 320, height: 240 };

function grey(): Frame {
  const pixels = Buffer.alloc((size.width * size.height * 3) / 2, 128);
  return Frame.fromVideoBuffer(pixels, { ...size, format: AV_PIX_FMT_YUVJ420P });
}

/** Opens the chosen encoder twice; returns the encoded frames of the first and the warnings of both. */
async function encode(choice: H264EncoderChoice, frames = 3) {
  const warnings: string[] = [];
  const encoders = new H264Encoders(choice, (text) => warnings.push(text));
  using frame = grey();
  using first = await encoders.open(size, 30, frame);
  using second = await encoders.open({ width: 161, height: 121 }, 30, frame);
  const made = [];
  for (let at = 0; at < frames; at += 1) made.push(await first.encode(frame, at * 33));
  return { made, warnings, second };
}

describe('H264Encoders', () => {
  it('starts with a keyframe that contains its parameter sets, and holds no frames back', async () => {
    const { made, warnings, second } = await encode('x264');
    expect(made.map((each) => each?.keyframe)).toEqual([true, false, false]);
    const units = nalUnits(made[0]?.bytes ?? Buffer.alloc(0));
    expect(isKeyframe(units)).toBe(true);
    const sets = parameterSetsOf(units);
    expect(sets && readSequence(sets.sps)).toMatchObject({ ...size, profile: 66 });
    expect(warnings).toEqual([]);
    // 4:2:0 allows no odd sizes.
    expect([second.width, second.height]).toEqual([160, 120]);
  });

  it.each(h264Encoders.filter((name) => name !== 'x264'))(
    'uses %s, or warns once why it cannot be used and uses x264',
    async (name) => {
      const { made, warnings } = await encode(name);
      expect(made[0]?.keyframe).toBe(true);
      if (warnings.length > 0)
        expect(warnings).toEqual([expect.stringMatching(new RegExp(`^The H\\.264 encoder ${name} cannot .*x264`))]);
    },
  );

  it('finds a working encoder without a warning', async () => {
    const { made, warnings } = await encode('auto');
    expect(made[0]?.keyframe).toBe(true);
    expect(warnings).toEqual([]);
  });
});

/** Makes an encoder fail the way hardware does. */
type Fault = (encoder: Encoder, opened: number) => Encoder;

/** Opens x264 with a fault in place of nvenc, and no other hardware; counts how often nvenc is tried. */
function fakeHardware(fault: Fault) {
  const asked = { nvenc: 0 };
  const open: OpenH264 = async (wanted, fps, like, backend) => {
    if (backend !== h264Backends.nvenc && backend !== h264Backends.x264) throw new Error('not available');
    const encoder = await H264Encoder.open(wanted, fps, like, h264Backends.x264);
    if (backend !== h264Backends.nvenc) return encoder;
    asked.nvenc += 1;
    return fault(encoder, asked.nvenc);
  };
  return { asked, open };
}

/** Allows this many sessions, and rejects all others. */
function rejectsAfter(many: number): Fault {
  return (encoder, opened) => {
    if (opened <= many) return encoder;
    encoder[Symbol.dispose]();
    throw new Error('too many sessions');
  };
}

/** Encodes this many frames in total, then calls `then` instead. */
function diesAfter(frames: number, then: () => null): Fault {
  let left = frames;
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

/** Encodes up to 100 frames, until there is output again after a failure; returns all results. */
async function encodeThrough(encoder: Encoder) {
  const made: Awaited<ReturnType<Encoder['encode']>>[] = [];
  using frame = grey();
  while (made.length < 100 && !(made.includes(null) && made.at(-1) !== null)) {
    made.push(await encoder.encode(frame, made.length * 33));
  }
  return made;
}

describe('H264Encoders with hardware', () => {
  const more = { width: 160, height: 120 };

  it('uses x264 for sessions that the hardware rejects, warns once, and tries the hardware again', async () => {
    const warnings: string[] = [];
    // One session for the trial, one to keep.
    const { asked, open } = fakeHardware(rejectsAfter(2));
    const encoders = new H264Encoders('nvenc', (text) => warnings.push(text), open);
    using frame = grey();
    using first = await encoders.open(size, 30, frame);
    using second = await encoders.open(more, 30, frame);
    using third = await encoders.open({ width: 80, height: 60 }, 30, frame);
    for (const encoder of [first, second, third]) expect((await encoder.encode(frame, 0))?.keyframe).toBe(true);
    expect([second.width, second.height]).toEqual([160, 120]);
    expect(warnings).toEqual([expect.stringMatching(/nvenc cannot encode 160 × 120 \(too many sessions\).* x264 /)]);
    // A session may be free again.
    expect(asked.nvenc).toBe(4);
  });

  it('does not use hardware whose only session was the trial', async () => {
    const warnings: string[] = [];
    const encoders = new H264Encoders('auto', (text) => warnings.push(text), fakeHardware(rejectsAfter(1)).open);
    using frame = grey();
    using encoder = await encoders.open(size, 30, frame);
    expect((await encoder.encode(frame, 0))?.keyframe).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/nvenc .*\(too many sessions\).* x264 /)]);
  });

  it('still encodes JPEG when the hardware fails', async () => {
    const encoders = new H264Encoders('nvenc', () => undefined, fakeHardware(rejectsAfter(1)).open);
    using renditions = new Renditions({ format: 'rgb24', ...size, fps: 30 }, null, encoders);
    renditions.want([
      { id: 1, codec: 'jpeg', width: 'source' },
      { id: 2, codec: 'h264', width: 'source' },
      { id: 3, codec: 'h264', width: 160 },
    ]);
    using frame = grey();
    const { frames: made } = await renditions.encode(frame, 0);
    expect(made.map(({ ids, width, keyframe }) => [ids, width, keyframe])).toEqual([
      [[1], 320, true],
      [[2], 320, true],
      [[3], 160, true],
    ]);
  });

  it.each([
    ['fails', fails, /nvenc failed \(the device is gone\).* x264 /],
    ['stops producing output', () => null, /nvenc failed \(no output for \d+ frames\).* x264 /],
  ])('replaces hardware that %s with x264, which starts with a keyframe', async (_, then, sentence) => {
    const warnings: string[] = [];
    // The trial takes one frame.
    const { asked, open } = fakeHardware(diesAfter(4, then));
    const encoders = new H264Encoders('nvenc', (text) => warnings.push(text), open);
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
    expect(warnings).toEqual([expect.stringMatching(sentence)]);
  });

  it('replaces a failed encoder of a slow camera before the camera counts as silent', async () => {
    const encoders = new H264Encoders('nvenc', () => undefined, fakeHardware(diesAfter(1, fails)).open);
    using frame = grey();
    using encoder = await encoders.open(size, 1, frame);
    const made = [];
    for (let second = 0; second < 4; second += 1) made.push(await encoder.encode(frame, second * 1_000));
    expect(made.at(-1)).not.toBeNull();
  });

  it('restarts x264 as often as it fails', async () => {
    const warnings: string[] = [];
    const open: OpenH264 = async (...args) => diesAfter(5, fails)(await H264Encoder.open(...args), 1);
    const encoders = new H264Encoders('x264', (text) => warnings.push(text), open);
    using frame = grey();
    using encoder = await encoders.open(size, 30, frame);
    const made = [];
    for (let at = 0; at < 60; at += 1) made.push(await encoder.encode(frame, at * 33));
    expect(made.filter((each) => each?.keyframe).length).toBeGreaterThan(2);
    expect(warnings).toEqual([expect.stringMatching(/x264 failed \(the device is gone\) and is restarted/)]);
  });

  it('tolerates single failures', async () => {
    const warnings: string[] = [];
    let frames = 0;
    const { open } = fakeHardware((encoder) => ({
      width: encoder.width,
      height: encoder.height,
      encode: (...args) => ((frames += 1) % 3 === 0 ? Promise.try(fails) : encoder.encode(...args)),
      [Symbol.dispose]: () => encoder[Symbol.dispose](),
    }));
    const encoders = new H264Encoders('nvenc', (text) => warnings.push(text), open);
    using frame = grey();
    using encoder = await encoders.open(size, 30, frame);
    const made = [];
    for (let at = 0; at < 60; at += 1) made.push(await encoder.encode(frame, at * 33));
    expect(made.filter((each) => each === null)).toHaveLength(20);
    expect(warnings).toEqual([]);
  });
});

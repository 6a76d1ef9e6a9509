import { AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { describe, expect, it } from 'vitest';
import { h264Encoders, type H264EncoderChoice } from '../domain/h264-encoder.ts';
import { isKeyframe, nalUnits, parameterSetsOf, readSequence } from '../domain/h264.ts';
import { H264Encoders } from './h264-encoders.ts';

const size = { width: 320, height: 240 };

/** Opens an encoder of this choice twice; returns what it makes of some pictures and what it said. */
async function encode(choice: H264EncoderChoice, pictures = 3) {
  const said: string[] = [];
  const encoders = new H264Encoders(choice, (text) => said.push(text));
  using frame = Frame.fromVideoBuffer(Buffer.alloc((size.width * size.height * 3) / 2, 128), {
    ...size,
    format: AV_PIX_FMT_YUVJ420P,
  });
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

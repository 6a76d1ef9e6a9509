import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { describe, expect, it } from 'vitest';
import { h264Backends } from './h264-backends.ts';
import { H264Encoder } from './h264-encoder.ts';

const size = { width: 64, height: 48 };

function grey(): Frame {
  const pixels = Buffer.alloc((size.width * size.height * 3) / 2, 128);
  return Frame.fromVideoBuffer(pixels, { ...size, format: AV_PIX_FMT_YUV420P });
}

describe('H264Encoder', () => {
  it("throws FFmpeg's message when FFmpeg rejects a frame", async () => {
    using frame = grey();
    using encoder = await H264Encoder.open(size, 30, frame, h264Backends.x264);
    expect((await encoder.encode(frame, 0))?.keyframe).toBe(true);
    // A closed encoder behaves much like hardware that is gone.
    encoder[Symbol.dispose]();
    await expect(encoder.encode(frame, 33)).rejects.toThrow(/\(-\d+\)$/);
  });

  it('returns null for a frame that the encoder holds back', async () => {
    using frame = grey();
    const { options } = h264Backends.x264;
    const holdsBack = { ...h264Backends.x264, options: { ...options, tune: 'film', preset: 'medium' } };
    using encoder = await H264Encoder.open(size, 30, frame, holdsBack);
    expect(await encoder.encode(frame, 0)).toBeNull();
  });
});

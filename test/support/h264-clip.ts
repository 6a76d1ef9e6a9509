import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { h264Backends } from '../../src/capture/encode/h264-backends.ts';
import { H264Encoder } from '../../src/capture/encode/h264-encoder.ts';

/** Encodes a brightening grey as H.264. Each result is one access unit in Annex B; the first one is a keyframe. */
export async function makeH264(count: number, width = 320, height = 240): Promise<readonly Buffer[]> {
  const size = { width, height };
  const grey = (index: number): Frame => {
    const picture = Buffer.alloc((width * height * 3) / 2, 64 + 4 * index);
    return Frame.fromVideoBuffer(picture, { ...size, format: AV_PIX_FMT_YUV420P });
  };
  using first = grey(0);
  using encoder = await H264Encoder.open(size, 30, first, h264Backends.x264);
  const units: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    using frame = grey(index);
    const encoded = await encoder.encode(frame, index * 33);
    if (encoded !== null) units.push(encoded.bytes);
  }
  return units;
}

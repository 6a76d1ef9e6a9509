import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { jpegFrame } from './jpeg-frame.ts';

const image = await sharp({
  create: { width: 80, height: 48, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 30 }, background: '#000' },
})
  .jpeg()
  .toBuffer();

describe('jpegFrame', () => {
  it.each([
    ['is whole', image],
    ['is padded', Buffer.concat([image, Buffer.alloc(5_000)])],
    ['lacks its EOI', image.subarray(0, -2)],
    ['lacks its EOI and is padded', Buffer.concat([image.subarray(0, -2), Buffer.alloc(5_000)])],
  ])('makes the same frame of a JPEG that %s', (_how, data) => {
    const frame = jpegFrame(data);
    expect(frame?.bytes.equals(image)).toBe(true);
    expect(frame).toMatchObject({ width: 80, height: 48, exact: data === image });
  });

  it.each([0.3, 0.6, 0.95])('rejects a JPEG that is cut off after %d of its length', (part) => {
    expect(jpegFrame(image.subarray(0, Math.floor(image.length * part)))).toBeNull();
  });
});

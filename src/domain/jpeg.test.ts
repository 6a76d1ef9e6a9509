import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { inspectJpeg, withoutRanges } from './jpeg.ts';

const picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'teal' } })
  .jpeg()
  .toBuffer();

/** The picture with a segment of the given marker behind SOI. */
function withSegment(marker: number, payload: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, (payload.length + 2) >> 8, (payload.length + 2) & 0xff]);
  return Buffer.concat([picture.subarray(0, 2), head, payload, picture.subarray(2)]);
}

/** The picture without its segments of one marker. */
function withoutSegment(marker: number): Buffer {
  const parts = [picture.subarray(0, 2)];
  let at = 2;
  while (picture[at + 1] !== 0xda) {
    const end = at + 2 + picture.readUInt16BE(at + 2);
    if (picture[at + 1] !== marker) parts.push(picture.subarray(at, end));
    at = end;
  }
  return Buffer.concat([...parts, picture.subarray(at)]);
}

describe('inspectJpeg', () => {
  it('finds size and end of a whole picture', () => {
    expect(inspectJpeg(picture)).toEqual({
      length: picture.length,
      width: 64,
      height: 48,
      hasHuffmanTables: true,
      thumbnails: [],
    });
  });

  it('does not count the padding that some drivers leave behind the picture', () => {
    const padded = Buffer.concat([picture, Buffer.alloc(5000), picture]);
    expect(inspectJpeg(padded)?.length).toBe(picture.length);
  });

  it('tells a picture whose Huffman tables were left out', () => {
    expect(inspectJpeg(withoutSegment(0xc4))).toMatchObject({ hasHuffmanTables: false, width: 64 });
  });

  it('is not misled by a thumbnail, and says where it is', () => {
    const exif = Buffer.concat([Buffer.from('Exif\0\0'), picture]);
    const layout = inspectJpeg(withSegment(0xe1, exif));
    expect(layout).toMatchObject({ length: picture.length + exif.length + 4, width: 64, height: 48 });
    expect(layout?.thumbnails).toEqual([[2, 2 + 4 + exif.length]]);
    expect(withoutRanges(withSegment(0xe1, exif), layout?.thumbnails ?? [])).toEqual(picture);
  });

  it('allows fill bytes before a marker', () => {
    const filled = Buffer.concat([picture.subarray(0, 2), Buffer.from([0xff, 0xff]), picture.subarray(2)]);
    expect(inspectJpeg(filled)?.length).toBe(filled.length);
  });

  it('takes nothing for a picture that was cut short anywhere', () => {
    for (let length = 0; length < picture.length; length += 1) {
      expect(inspectJpeg(picture.subarray(0, length))).toBeNull();
    }
  });

  it('takes nothing else for a picture, and ends on any bytes', () => {
    expect(inspectJpeg(Buffer.from('GIF89a and more'))).toBeNull();
    expect(inspectJpeg(withoutSegment(0xc0))).toBeNull();
    let seed = 1;
    for (let round = 0; round < 2000; round += 1) {
      const broken = Buffer.from(picture);
      for (let count = 0; count < 8; count += 1) {
        seed = (seed * 48_271) % 2_147_483_647;
        broken[seed % broken.length] = seed >> 8;
      }
      const layout = inspectJpeg(broken);
      if (layout !== null) expect(layout.length).toBeLessThanOrEqual(broken.length);
    }
  });
});

describe('withoutRanges', () => {
  it('gives the same buffer when there is nothing to leave out', () => {
    expect(withoutRanges(picture, [])).toBe(picture);
  });

  it('leaves out several ranges', () => {
    const ranges = [
      [1, 3],
      [5, 6],
    ] as const;
    expect(withoutRanges(Buffer.from('abcdefgh'), ranges).toString()).toBe('adegh');
  });
});

import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { mutated, noise, seeded } from '../../../test/support/mutations.ts';
import { inspectJpeg, withoutRanges } from './jpeg.ts';

async function jpeg(options: { exif?: boolean } = {}): Promise<Buffer> {
  const image = sharp({ create: { width: 48, height: 32, channels: 3, background: '#45d3c8' } });
  const tagged = options.exif === true ? image.withExif({ IFD0: { Copyright: 'nobody' } }) : image;
  return tagged.jpeg({ quality: 70 }).toBuffer();
}

/** Inserts a segment behind the SOI. */
function withSegment(bytes: Buffer, marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([bytes.subarray(0, 2), head, content, bytes.subarray(2)]);
}

describe('inspectJpeg', () => {
  it('finds length, size and tables of a complete JPEG', async () => {
    const bytes = await jpeg();
    expect(inspectJpeg(bytes)).toEqual({
      length: bytes.length,
      width: 48,
      height: 32,
      orientation: 1,
      hasHuffmanTables: true,
      thumbnails: [],
    });
  });

  it('ends at EOI if a driver returns its whole buffer', async () => {
    const bytes = await jpeg();
    const padded = Buffer.concat([bytes, Buffer.alloc(100_000)]);
    expect(inspectJpeg(padded)?.length).toBe(bytes.length);
  });

  it('ends at the first EOI if the rest of an older, longer JPEG follows', async () => {
    const bytes = await jpeg();
    expect(inspectJpeg(Buffer.concat([bytes, bytes.subarray(bytes.length / 2)]))?.length).toBe(bytes.length);
  });

  it('ends at the last EOI only with endsThere', async () => {
    const bytes = await jpeg();
    const older = Buffer.concat([bytes, bytes.subarray(bytes.length / 2)]);
    expect(inspectJpeg(older, { endsThere: true })?.length).toBe(older.length);
    // Without an EOI at the end, it still searches for the first one.
    const padded = Buffer.concat([bytes, Buffer.alloc(100)]);
    expect(inspectJpeg(padded, { endsThere: true })?.length).toBe(bytes.length);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(inspectJpeg(bytes.subarray(0, length), { endsThere: true }), `cut at ${length}`).toBeNull();
    }
  });

  it('refuses a JPEG that is cut short anywhere', async () => {
    const bytes = await jpeg();
    for (let length = 0; length < bytes.length; length += 1) {
      expect(inspectJpeg(bytes.subarray(0, length)), `cut at ${length}`).toBeNull();
    }
  });

  it.each([
    ['an empty buffer', Buffer.alloc(0)],
    ['text', Buffer.from('GET / HTTP/1.1')],
    ['only markers', Buffer.from([0xff, 0xd8, 0xff, 0xd9])],
    ['a segment of length 0', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xd9])],
    ['only fill bytes', Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(500, 0xff)])],
  ])('refuses %s', (_name, bytes) => {
    expect(inspectJpeg(bytes)).toBeNull();
  });

  it('ignores an EOI inside a segment', async () => {
    const bytes = withSegment(await jpeg(), 0xfe, Buffer.from([0xff, 0xd9, 0xff, 0xd8]));
    expect(inspectJpeg(bytes)?.length).toBe(bytes.length);
  });

  it('finds an EXIF thumbnail, which withoutRanges removes', async () => {
    const plain = await jpeg();
    const thumbnail = Buffer.concat([Buffer.from('Exif\0\0'), await jpeg()]);
    const bytes = withSegment(plain, 0xe1, thumbnail);
    const layout = inspectJpeg(bytes);
    expect(layout?.thumbnails).toHaveLength(1);
    expect(withoutRanges(bytes, layout?.thumbnails ?? [])).toEqual(plain);
  });

  it('keeps EXIF without a thumbnail', async () => {
    const layout = inspectJpeg(await jpeg({ exif: true }));
    expect(layout?.thumbnails).toEqual([]);
  });

  it('reports missing Huffman tables', async () => {
    const bytes = await jpeg();
    const layout = { parts: [bytes.subarray(0, 2)], at: 2 };
    while (bytes[layout.at + 1] !== 0xda) {
      const end = layout.at + 2 + bytes.readUInt16BE(layout.at + 2);
      if (bytes[layout.at + 1] !== 0xc4) layout.parts.push(bytes.subarray(layout.at, end));
      layout.at = end;
    }
    const bare = Buffer.concat([...layout.parts, bytes.subarray(layout.at)]);
    expect(inspectJpeg(bare)).toMatchObject({ hasHuffmanTables: false, width: 48, height: 32 });
  });

  it('never throws, and describes only existing bytes, for any input', async () => {
    const plain = await jpeg();
    const tagged = withSegment(plain, 0xe1, Buffer.concat([Buffer.from('Exif\0\0'), plain]));
    let whole = 0;
    fc.assert(
      fc.property(fc.oneof(mutated(plain), mutated(tagged), noise()), fc.boolean(), (bytes, endsThere) => {
        const layout = inspectJpeg(bytes, { endsThere });
        if (layout === null) return;
        whole += 1;
        const { length, width, height, thumbnails } = layout;
        expect(length).toBeLessThanOrEqual(bytes.length);
        expect(bytes.toString('hex', length - 2, length)).toBe('ffd9');
        expect(Math.min(width, height)).toBeGreaterThan(0);
        let at = 2;
        for (const [from, to] of thumbnails) {
          expect(from >= at && to > from && to < length).toBe(true);
          at = to;
        }
        const cut = thumbnails.reduce((sum, [from, to]) => sum + to - from, 0);
        expect(withoutRanges(bytes.subarray(0, length), thumbnails)).toHaveLength(length - cut);
      }),
      seeded(3_000),
    );
    expect(whole).toBeGreaterThan(100);
  });

  it('takes time in proportion to the length of hostile bytes', () => {
    const soi = Buffer.from([0xff, 0xd8]);
    const before = process.cpuUsage();
    for (const hostile of [
      Buffer.alloc(2_000_000, 0xff),
      Buffer.alloc(2_000_000, Buffer.from([0xff, 0xe1, 0, 2])),
      Buffer.alloc(2_000_000, Buffer.from([0xff, 0xda, 0, 2])),
    ]) {
      expect(inspectJpeg(Buffer.concat([soi, hostile]))).toBeNull();
    }
    expect(process.cpuUsage(before).user / 1_000, 'milliseconds of the CPU').toBeLessThan(2_000);
  });
});

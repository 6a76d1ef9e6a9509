import fc from 'fast-check';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { seeded } from '../../../test/support/mutations.ts';
import { orientationSegment, readOrientation } from './exif.ts';
import { inspectJpeg, withSegment } from './jpeg.ts';

const picture = sharp({ create: { width: 48, height: 32, channels: 3, background: '#45d3c8' } });

it.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'orientation %i is read from a JPEG that libvips wrote, and the other way round',
  async (orientation) => {
    const written = await picture.clone().withMetadata({ orientation }).jpeg().toBuffer();
    expect(inspectJpeg(written)).toMatchObject({ orientation, width: 48, height: 32 });
    const jpeg = withSegment(await picture.clone().jpeg().toBuffer(), orientationSegment(orientation));
    expect(inspectJpeg(jpeg)?.orientation).toBe(orientation);
    expect((await sharp(jpeg).metadata()).orientation).toBe(orientation);
  },
);

it('any other bytes have no orientation, or a valid one', () => {
  const segment = orientationSegment(6).subarray(4);
  const changed = fc
    .array(fc.tuple(fc.nat({ max: segment.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 })
    .map((changes) => {
      const bytes = Buffer.from(segment);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  fc.assert(
    fc.property(changed, fc.nat({ max: segment.length }), (bytes, length) => {
      expect([null, 1, 2, 3, 4, 5, 6, 7, 8]).toContain(readOrientation(bytes.subarray(0, length)));
    }),
    seeded(500),
  );
});

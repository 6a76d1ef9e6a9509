import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { mutated, noise, seeded } from '../../../test/support/mutations.ts';
import { inspectJpeg } from '../jpeg/jpeg.ts';
import { MjpegReader, type FoundJpeg } from './mjpeg-reader.ts';

const load = (name: string): Buffer =>
  readFileSync(new URL(`../../../test/odd-cameras/media/${name}.jpg`, import.meta.url));
const first = load('j420_01');
const second = load('j420_02');
const third = load('j420_03');
const pictures = [first, second, third];

/** Inserts a segment behind the SOI. */
function withSegment(jpeg: Buffer, marker: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string, 'latin1');
  const head = Buffer.from([0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 0xff]);
  return Buffer.concat([jpeg.subarray(0, 2), head, bytes, jpeg.subarray(2)]);
}

type Piece = Buffer | string;
const join = (...pieces: readonly Piece[]): Buffer =>
  Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)));

/** Reads a stream in chunks of this size. */
function read(stream: Buffer, size = stream.length): FoundJpeg[] {
  const reader = new MjpegReader();
  const found: FoundJpeg[] = [];
  for (let at = 0; at < stream.length; at += size) found.push(...reader.push(stream.subarray(at, at + size)));
  return [...found, ...reader.end()];
}

/** The names of the images that were read, as `1`, `2`, `3`, `x` for a damaged one and `?` for another one. */
function names(found: readonly FoundJpeg[], known: readonly Buffer[] = pictures): string {
  return found
    .map(({ bytes, isWhole }) => (isWhole ? known.findIndex((each) => each.equals(bytes)) + 1 || '?' : 'x'))
    .join('');
}

const crlf = '\r\n';
type PartOptions = { boundary?: string; headers?: string; nl?: string; after?: string };
const part = (
  jpeg: Buffer,
  { boundary = '--b', headers = 'Content-Type: image/jpeg', nl = crlf, after = nl }: PartOptions = {},
): Buffer => join(`${boundary}${nl}${headers}${nl}${nl}`, jpeg, after);
const parts = (options: PartOptions = {}, jpegs = pictures): Buffer =>
  join(...jpegs.map((jpeg) => part(jpeg, options)));
const length = (change: (length: number) => number | string): Buffer =>
  join(...pictures.map((jpeg) => part(jpeg, { headers: `Content-Length: ${change(jpeg.length)}` })));

const streams: Record<string, Buffer> = {
  'a stream as it should be': length((bytes) => bytes),
  'LF line ends': parts({ nl: '\n' }),
  'no boundary before the first part': join(
    ...pictures.map((jpeg) => join('Content-Type: image/jpeg', crlf, crlf, jpeg, crlf, '--b', crlf)),
  ),
  'a preamble': join('This is a stream.\r\n\r\n', parts()),
  'the boundary twice': join('--b\r\n', parts()),
  'a boundary that is glued to the headers': parts({ boundary: '--bContent-Type: image/jpeg' }),
  'a boundary without dashes': parts({ boundary: 'b' }),
  'a closing boundary between parts': parts({ boundary: '--b--' }),
  'no boundary in the body': parts({ boundary: '' }),
  'no headers': parts({ headers: '' }),
  'other types': parts({ headers: 'content-type:image/jpg;size=12345' }),
  'lengths too small': length((bytes) => bytes - 7),
  'lengths too large': length((bytes) => bytes + 7),
  'huge lengths': length(() => '99999999999999999999'),
  'lengths of zero': length(() => 0),
  'text for a length': length((bytes) => `${bytes} bytes`),
  'negative lengths': length((bytes) => -bytes),
  'no line end before the boundary': parts({ after: '' }),
  'line ends before SOI': parts({ headers: 'Content-Type: image/jpeg\r\n\r\n' }),
  'other bytes before SOI': join(...pictures.map((jpeg) => join('--b\r\n\r\n', '\0\xff\xd8\xff\0abc\xff', jpeg))),
  'zeros behind EOI': parts({ after: '\0'.repeat(3_000) }),
  'parts of text and audio': join(
    ...pictures.map((jpeg) =>
      join(
        part(jpeg),
        part(Buffer.from('{"motion":true}'), { headers: 'Content-Type: application/json' }),
        part(Buffer.alloc(4_000, '\xff\x7f\xfe\xd5'), { headers: 'Content-Type: audio/basic' }),
      ),
    ),
  ),
  'empty parts': join(...pictures.map((jpeg) => join(part(jpeg), part(Buffer.alloc(0))))),
  'long headers': parts({ headers: `X-Meta: ${'m'.repeat(5_000)}` }),
  'several pictures in a part': part(join(...pictures)),
  'pictures one after another': join(...pictures),
};

describe('MjpegReader', () => {
  it.each(Object.entries(streams))('reads %s', (_what, stream) => {
    expect(names(read(stream))).toBe('123');
    for (const size of [1, 7, 1_000]) expect(names(read(stream, size)), `in chunks of ${size}`).toBe('123');
  });

  it.each(['j422_01', 'odd_01', 'grey_01', 'progressive_01', 'cmyk_01', 'restart_01', 'B440_01', 'Bexif_01', 'big_01'])(
    'reads %s unchanged',
    (name) => {
      const jpeg = load(name);
      expect(names(read(parts({}, [jpeg, first])), [jpeg, first])).toBe('12');
      expect(names(read(join(jpeg, jpeg, first), 13), [jpeg, first])).toBe('112');
    },
  );

  it('delivers an image with its last byte', () => {
    const reader = new MjpegReader();
    const stream = part(first, { after: '' });
    expect(reader.push(stream.subarray(0, -1))).toEqual([]);
    expect(names(reader.push(stream.subarray(-1)))).toBe('1');
  });

  it.each([
    ['a boundary', '\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n'],
    ['a thumbnail', first],
    ['an end of image', '\xff\xd9'],
    ['the start of an image', '\xff\xd8\xff'],
  ])('does not take %s in a segment for a part', (_what, content) => {
    const jpeg = withSegment(second, 0xfe, typeof content === 'string' ? content : content);
    expect(names(read(parts({}, [jpeg, jpeg])), [jpeg])).toBe('11');
  });

  it('reads long segments', () => {
    const jpeg = [0xef, 0xe4, 0xfe].reduce((all, marker) => withSegment(all, marker, 'x'.repeat(65_000)), first);
    expect(names(read(parts({}, [jpeg, second]), 5_000), [jpeg, second])).toBe('12');
  });

  it('shows the first of the pictures that belong together', () => {
    const main = withSegment(second, 0xe2, `MPF\0${'\0'.repeat(60)}`);
    expect(names(read(parts({}, [join(main, '\0\0', first), main, join(main, first)])), [main, first])).toBe('111');
    expect(names(read(join(main, main, main)), [main])).toBe('111');
  });

  describe('without EOI', () => {
    const cut = (jpeg: Buffer): Buffer => jpeg.subarray(0, -2);

    it.each(['j420_01', 'j422_01', 'odd_01', 'grey_01', 'restart_01', 'B444_01', 'B440_01', 'cmyk_01'])(
      'adds it to %s',
      (name) => {
        const jpeg = load(name);
        const known = [jpeg, second];
        for (const options of [{}, { after: '' }, { headers: `Content-Length: ${jpeg.length - 2}` }, { nl: '\n' }]) {
          expect(names(read(parts(options, [cut(jpeg), cut(jpeg), second])), known)).toBe('112');
          expect(names(read(parts(options, [cut(jpeg), cut(jpeg), second]), 101), known)).toBe('112');
        }
        expect(names(read(join(cut(jpeg), second)), known)).toBe('12');
      },
    );

    it('delivers an image as soon as it has its stated length', () => {
      const stream = part(cut(first), { headers: `Content-Length: ${first.length - 2}`, after: '' });
      expect(names(new MjpegReader().push(stream))).toBe('1');
      // The EOI may also be on its way.
      const reader = new MjpegReader();
      const late = part(first, { headers: `Content-Length: ${first.length - 1}`, after: '' });
      expect(names([...reader.push(late.subarray(0, -1)), ...reader.push(late.subarray(-1))])).toBe('1');
    });

    it('adds it to images that leave out the standard Huffman tables', async () => {
      const jpeg = withoutSegments(await sharp(first).jpeg({ optimiseCoding: false }).toBuffer(), 0xc4);
      expect(names(read(parts({}, [cut(jpeg), jpeg])), [jpeg])).toBe('11');
    });
  });

  it.each([0.02, 0.05, 0.3, 0.5, 0.9, 0.98])('reports an image that is cut off at %d of its length', (share) => {
    const cut = first.subarray(0, Math.floor(first.length * share));
    const found = read(parts({ headers: `Content-Length: ${cut.length}` }, [second, cut, third, cut, cut, third]));
    // An image without its size does not count as one.
    expect(names(found).replaceAll('x', '')).toBe('233');
    if (share > 0.1) expect(names(found)).toBe('2x3xx3');
    for (const { bytes, isWhole } of found) expect(inspectJpeg(bytes) !== null).toBe(isWhole);
  });

  it('finds every image behind damage', () => {
    fc.assert(
      fc.property(mutated(parts()), fc.integer({ min: 1, max: 3_000 }), (bytes, size) => {
        const found = read(join(bytes, part(second), part(third)), size);
        expect(names(found.slice(-1))).toBe('3');
        for (const { bytes: jpeg, isWhole } of found)
          if (isWhole) expect(jpeg.subarray(-2)).toEqual(Buffer.from([0xff, 0xd9]));
      }),
      seeded(300),
    );
  });

  it('reads noise, and the same from any chunks', () => {
    const marker = fc.constantFrom(
      ...['\xff', '\xff\xd8\xff', '\xff\xd9', '\xff\xda\0\x02', '\xff\xe0\0\x04', '\xff\xc0\0\x0b'],
    );
    const stream = fc.array(
      fc.oneof(
        noise(20),
        marker.map((text) => Buffer.from(text, 'latin1')),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 50 }), (pieces, size) => {
        const bytes = Buffer.concat(pieces);
        expect(read(bytes, size)).toEqual(read(bytes));
      }),
      seeded(500),
    );
  });

  it('needs linear time', () => {
    const units = [
      '\xff\xd8\xff\xe0\0\x04',
      '\xff\xe0\0\x04\xff\xd8',
      '\xff\xd8\xff\xe0\xff\xff',
      '\xff\xd8',
      '--b\r\n',
      '\xff\xff',
      '\xff\xd8\xff\xc0\0\x04\x01\x01\xff\xda\0\x02',
    ];
    const time = (count: number): number => {
      const started = performance.now();
      for (const unit of units) read(Buffer.alloc(count, unit, 'latin1'), 10_000);
      return performance.now() - started;
    };
    time(50_000);
    // A quadratic reader would need 64 times as long.
    expect(time(800_000) / Math.max(20, time(100_000))).toBeLessThan(40);
  });

  it('fails at an image, or text, without end', () => {
    const flood = (start: Piece, filler: string): void => {
      const reader = new MjpegReader();
      const chunk = Buffer.alloc(1 << 20, filler, 'latin1');
      reader.push(join(start));
      for (let megabytes = 0; megabytes < 40; megabytes += 1) reader.push(chunk);
    };
    expect(() => flood(first.subarray(0, 5_000), 'a')).toThrow(/an image of more than 32\u00a0MB/);
    expect(() => flood('', 'a')).toThrow(/no video/);
    expect(() => flood('\xff\xd8\xff', '\xff\xe0\x10\0')).toThrow(/no video/);
  });
});

function withoutSegments(jpeg: Buffer, removed: number): Buffer {
  const kept = [jpeg.subarray(0, 2)];
  let at = 2;
  for (; jpeg[at + 1] !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg[at + 1] !== removed) kept.push(jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2)));
  }
  return Buffer.concat([...kept, jpeg.subarray(at)]);
}

import { AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { JpegEncoder } from './jpeg-encoder.ts';

const DHT = 0xc4;
const SOS = 0xda;

/** The typical Huffman tables of ITU-T T.81, annex K.3, as DHT segments: lifted from a picture that FFmpeg encodes with them. */
export async function standardHuffmanTables(): Promise<Buffer> {
  using encoder = await JpegEncoder.open(16, 16, { huffman: 'default' });
  using frame = Frame.fromVideoBuffer(Buffer.alloc((16 * 16 * 3) / 2, 128), {
    width: 16,
    height: 16,
    format: AV_PIX_FMT_YUVJ420P,
  });
  const jpeg = (await encoder.encode(frame))?.bytes;
  if (jpeg === undefined) throw new Error('FFmpeg encoded no JPEG');
  const tables: Buffer[] = [];
  for (let at = 2; jpeg[at + 1] !== SOS; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg[at + 1] === DHT) tables.push(jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2)));
  }
  return Buffer.concat(tables);
}

/** The JPEG with these tables right behind its SOI. */
export function withTables(jpeg: Buffer, tables: Buffer): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), tables, jpeg.subarray(2)]);
}

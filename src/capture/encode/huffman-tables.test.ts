import { AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { expect, it } from 'vitest';
import { standardHuffmanTables } from '../../formats/jpeg/huffman-tables.ts';
import { JpegEncoder } from './jpeg-encoder.ts';

const DHT = 0xc4;
const SOS = 0xda;

it('are the tables that FFmpeg encodes with when it is told to take the standard ones', async () => {
  using encoder = await JpegEncoder.open(16, 16, { huffman: 'default' });
  using frame = Frame.fromVideoBuffer(Buffer.alloc((16 * 16 * 3) / 2, 128), {
    width: 16,
    height: 16,
    format: AV_PIX_FMT_YUVJ420P,
  });
  const jpeg = (await encoder.encode(frame))?.bytes ?? Buffer.alloc(0);
  const tables: Buffer[] = [];
  for (let at = 2; jpeg[at + 1] !== SOS; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg[at + 1] === DHT) tables.push(jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2)));
  }
  expect(standardHuffmanTables.toString('hex')).toBe(Buffer.concat(tables).toString('hex'));
});

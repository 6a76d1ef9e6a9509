import { standardHuffmanTables } from '../../src/formats/jpeg/huffman-tables.ts';

/** Options of {@link plainJpeg}. */
export interface PlainJpegOptions {
  /** Sampling of the colours: `grey` has none, `4:1:1` one sample for four pixels of a line. */
  readonly sampling?: 'grey' | '4:1:1';
  /** Bits of a sample: 8, or 12 in an extended JPEG. */
  readonly precision?: 8 | 12;
}

/** Makes a valid JPEG of one grey, of any size, in a few bits per block (ITU-T T.81). */
export function plainJpeg(width: number, height: number, options: PlainJpegOptions = {}): Buffer {
  const { sampling = 'grey', precision = 8 } = options;
  const isGrey = sampling === 'grey';
  const components = isGrey
    ? [[1, 0x11]]
    : [
        [1, 0x41],
        [2, 0x11],
        [3, 0x11],
      ];
  const size = Buffer.alloc(4);
  size.writeUInt16BE(height, 0);
  size.writeUInt16BE(width, 2);
  const frame = components.flatMap(([id = 0, factors = 0]) => [id, factors, 0]);
  const scan = components.flatMap(([id = 0]) => [id, id === 1 ? 0 : 0x11]);
  // A difference of 0 and the end of the block: 00 1010 for luminance, 00 00 for chrominance (tables K.3 to K.6).
  const mcu = Buffer.from(isGrey ? '28a28a' : '28a28a00', 'hex'); // four grey blocks, or an MCU of 4:1:1
  const columns = Math.ceil(width / (isGrey ? 8 : 32));
  const blocks = columns * Math.ceil(height / 8);
  const repeats = isGrey ? Math.ceil(blocks / 4) : blocks;
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(precision === 8 ? 0xc0 : 0xc1, [precision, ...size, components.length, ...frame]),
    standardHuffmanTables,
    segment(0xda, [components.length, ...scan, 0, 63, 0]),
    Buffer.alloc(mcu.length * repeats, mcu),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function segment(marker: number, content: readonly number[]): Buffer {
  const header = Buffer.from([0xff, marker, 0, 0]);
  header.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([header, Buffer.from(content)]);
}

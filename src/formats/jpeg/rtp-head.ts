import { standardHuffmanTables } from './huffman-tables.ts';

/** What RTP tells about a JPEG (RFC 2435, section 3.1). */
export interface RtpJpegFacts {
  /** 0 for 4:2:2 and 1 for 4:2:0; 64 more with restart markers. */
  readonly type: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** MCUs between two restart markers; 0 for none. */
  readonly restart: number;
  /** The quantisation tables in zigzag order, 64 bytes each: luma's, then chroma's unless both share one. */
  readonly tables: Buffer;
}

/** Everything of a JPEG that comes before its entropy-coded data (RFC 2435, appendix B; ITU-T T.81, annex B). */
export function jpegHead({ type, width, height, restart, tables }: RtpJpegFacts): Buffer {
  const sampling = (type & 0x3f) === 0 ? 0x21 : 0x22;
  const quantisation = Array.from({ length: tables.length / 64 }, (_, at) => [
    Buffer.from([0xff, 0xdb, 0, 67, at]),
    tables.subarray(at * 64, (at + 1) * 64),
  ]);
  const chroma = quantisation.length > 1 ? 1 : 0;
  const size = [height >> 8, height & 0xff, width >> 8, width & 0xff];
  const components = [1, sampling, 0, 2, 0x11, chroma, 3, 0x11, chroma];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...quantisation.flat(),
    Buffer.from([0xff, 0xc0, 0, 17, 8, ...size, 3, ...components]),
    standardHuffmanTables,
    Buffer.from(restart === 0 ? [] : [0xff, 0xdd, 0, 4, restart >> 8, restart & 0xff]),
    Buffer.from([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]),
  ]);
}

/** The tables of ITU-T T.81, annex K.1, in zigzag order (RFC 2435, appendix A): luma's, then chroma's. */
const [luma, chroma] = [
  '100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763',
  '1112121815182f1a1a2f634238426363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363',
].map((hex) => Buffer.from(hex, 'hex'));

/** The quantisation tables for a quality (RFC 2435, section 4.2). @param q from 1 to 99 */
export function scaledTables(q: number): Buffer {
  const factor = q < 50 ? Math.floor(5_000 / q) : 200 - q * 2;
  const scale = (entry: number): number => Math.min(Math.max(Math.floor((entry * factor + 50) / 100), 1), 255);
  return Buffer.from([...(luma ?? []), ...(chroma ?? [])].map(scale));
}

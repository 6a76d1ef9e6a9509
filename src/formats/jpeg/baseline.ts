import { segmentsOf } from './segments.ts';
import { standardHuffmanTables } from './huffman-tables.ts';
import { readHuffmanTables, type ReadTable, standardTables } from './read-table.ts';
import { type BlockCodes, withStandardCodes } from './standard-codes.ts';

const [DHT, DQT, SOS, DRI] = [0xc4, 0xdb, 0xda, 0xdd];
/** The baseline frame header; extended sequential is the same in the 8 bits of this subset. */
const frameHeaders = new Set([0xc0, 0xc1]);

/** The parts of a JPEG that RTP transmits (RFC 2435): three components in one scan, with the standard Huffman tables. */
export interface BaselineJpeg {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly sampling: '4:2:2' | '4:2:0';
  /** Quantisation tables of luminance and chrominance, 64 bytes each in zigzag order. */
  readonly tables: readonly [Buffer, Buffer];
  /** MCUs between restart markers; 0 without them. */
  readonly interval: number;
  /** The entropy-coded data, which may share the memory of the JPEG. */
  readonly scan: Buffer;
}

interface Component {
  readonly id: number;
  readonly sampling: number;
  readonly table: number;
}

/**
 * Takes a JPEG apart. Data with other Huffman tables are written again with the standard ones.
 *
 * @returns null for a damaged JPEG, and for one that RFC 2435 can't transmit: progressive, in grey, with other sampling,
 *   with more than one scan, or with samples of 12 bits
 */
export function readBaseline(jpeg: Buffer): BaselineJpeg | null {
  const tables = new Map<number, Buffer>();
  const codes = new Map(standardTables);
  let isStandard = true;
  let frame: { width: number; height: number; components: Component[] } | null = null;
  let interval = 0;
  for (const { marker, content, end } of segmentsOf(jpeg)) {
    if (marker === DQT) {
      if (!readQuantisation(content, tables)) return null;
    } else if (marker === DHT) {
      isStandard &&= standardHuffmanTables.includes(content);
      readHuffmanTables(content, codes);
    } else if (marker === DRI && content.length >= 2) interval = content.readUInt16BE(0);
    else if (frameHeaders.has(marker)) {
      frame = readFrame(content);
      if (frame === null) return null;
    } else if (marker >= 0xc2 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) return null;
    else if (marker === SOS) {
      if (frame === null) return null;
      const data = withoutEoi(jpeg.subarray(end));
      return assemble({ ...frame, tables, codes, interval, header: content, data, isStandard });
    }
  }
  return null;
}

interface Parts {
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
  readonly tables: ReadonlyMap<number, Buffer>;
  readonly codes: ReadonlyMap<number, ReadTable>;
  readonly interval: number;
  /** The header of the scan. */
  readonly header: Buffer;
  readonly data: Buffer;
  readonly isStandard: boolean;
}

function assemble({ width, height, components, ...rest }: Parts): BaselineJpeg | null {
  const [y, cb, cr] = components;
  if (y === undefined || cb === undefined || cr === undefined || components.length !== 3) return null;
  const sampling = y.sampling === 0x21 ? '4:2:2' : y.sampling === 0x22 ? '4:2:0' : null;
  const [luma, chroma] = [rest.tables.get(y.table), rest.tables.get(cb.table)];
  if (sampling === null || cb.sampling !== 0x11 || cr.sampling !== 0x11) return null;
  if (luma === undefined || chroma === undefined || !rest.tables.get(cr.table)?.equals(chroma)) return null;
  const blocks = blocksOf(components, rest.header, rest.codes);
  if (blocks === null) return null;
  const usesStandard =
    rest.isStandard && blocks.every((block) => block.dc === tableOf(block, 0) && block.ac === tableOf(block, 0x10));
  const mcus = Math.ceil(width / 16) * Math.ceil(height / (sampling === '4:2:2' ? 8 : 16));
  const scan = usesStandard ? rest.data : withStandardCodes(rest.data, blocks, mcus, rest.interval);
  if (scan === null) return null;
  return { width, height, sampling, tables: [luma, chroma], interval: rest.interval, scan };
}

function tableOf({ isLuma }: BlockCodes, kind: 0 | 0x10): ReadTable | undefined {
  return standardTables.get(kind + (isLuma ? 0 : 1));
}

/** The blocks of an MCU; null if the scan has others than all components in their order, or a table is missing. */
function blocksOf(
  components: readonly Component[],
  header: Buffer,
  codes: ReadonlyMap<number, ReadTable>,
): BlockCodes[] | null {
  if (header[0] !== components.length || header.length < 1 + components.length * 2) return null;
  const blocks: BlockCodes[] = [];
  for (const [index, { id, sampling }] of components.entries()) {
    const chosen = header[2 + index * 2] as number;
    const [dc, ac] = [codes.get(chosen >> 4), codes.get(0x10 | (chosen & 15))];
    if (header[1 + index * 2] !== id || dc === undefined || ac === undefined) return null;
    const count = (sampling >> 4) * (sampling & 15);
    for (let block = 0; block < count; block += 1) blocks.push({ dc, ac, isLuma: index === 0 });
  }
  return blocks;
}

/** B.2.4.1. @returns false for values of 16 bits */
function readQuantisation(content: Buffer, tables: Map<number, Buffer>): boolean {
  for (let at = 0; at + 65 <= content.length; at += 65) {
    const kind = content[at] as number;
    if (kind >> 4 !== 0) return false;
    tables.set(kind, content.subarray(at + 1, at + 65));
  }
  return true;
}

/** B.2.2. */
function readFrame(content: Buffer): { width: number; height: number; components: Component[] } | null {
  if (content.length < 6 + 9 || content[0] !== 8 || content[5] !== 3) return null;
  const [height, width] = [content.readUInt16BE(1), content.readUInt16BE(3)];
  if (width === 0 || height === 0) return null;
  const components = [6, 9, 12].map((at) => ({
    id: content[at] as number,
    sampling: content[at + 1] as number,
    table: content[at + 2] as number,
  }));
  return { width, height, components };
}

function withoutEoi(data: Buffer): Buffer {
  const { length } = data;
  return length >= 2 && data[length - 2] === 0xff && data[length - 1] === 0xd9 ? data.subarray(0, length - 2) : data;
}

import { segmentsOf } from './segments.ts';
import { readHuffmanTables, type ReadTable, standardTables } from './read-table.ts';

const DHT = 0xc4;
const SOS = 0xda;
const DRI = 0xdd;

interface Component {
  readonly id: number;
  readonly horizontal: number;
  readonly vertical: number;
}

/** The Huffman tables of one block. */
interface Tables {
  readonly dc: ReadTable;
  readonly ac: ReadTable;
}

/**
 * Finds the end of the entropy-coded data of a JPEG that lacks its EOI, by reading its Huffman codes (ITU-T T.81,
 * annex F.2.2) without decoding the image. It tells an image that is whole except for its EOI from a truncated one.
 *
 * @param jpeg a baseline or extended sequential JPEG with one scan, and perhaps other data behind it
 * @returns the offset behind the last byte of the scan; null if the scan is incomplete, damaged or of another kind
 */
export function scanEnd(jpeg: Buffer): number | null {
  const tables = new Map(standardTables);
  let components: Component[] = [];
  let [width, height, interval] = [0, 0, 0];
  for (const { marker, content, end } of segmentsOf(jpeg)) {
    if (marker === DHT) readHuffmanTables(content, tables);
    else if (marker === DRI && content.length >= 2) interval = content.readUInt16BE(0);
    else if (marker === 0xc0 || marker === 0xc1) {
      if (content.length < 6) return null;
      height = content.readUInt16BE(1);
      width = content.readUInt16BE(3);
      components = readComponents(content.subarray(6));
    } else if (marker === SOS) {
      if (width === 0 || height === 0 || content[0] !== components.length) return null;
      const blocks = blocksOfMcu(content, components, tables);
      if (blocks === null) return null;
      return walk(new Bits(jpeg, end), blocks, mcuCount(width, height, components), interval);
    }
  }
  return null;
}

function readComponents(content: Buffer): Component[] {
  return Array.from({ length: Math.floor(content.length / 3) }, (_, index) => {
    const sampling = content[index * 3 + 1] as number;
    return { id: content[index * 3] as number, horizontal: sampling >> 4, vertical: sampling & 15 };
  });
}

function mcuCount(width: number, height: number, components: readonly Component[]): number {
  // The blocks of a single component are not interleaved, so its sampling factors do not count (A.2.2).
  const single = components.length === 1;
  const horizontal = single ? 1 : Math.max(...components.map((each) => each.horizontal));
  const vertical = single ? 1 : Math.max(...components.map((each) => each.vertical));
  return Math.ceil(width / (8 * horizontal)) * Math.ceil(height / (8 * vertical));
}

/** The blocks of one MCU in their order; null if a table is missing. */
function blocksOfMcu(
  header: Buffer,
  components: readonly Component[],
  tables: ReadonlyMap<number, ReadTable>,
): readonly Tables[] | null {
  const blocks: Tables[] = [];
  for (let index = 0; index < components.length; index += 1) {
    const component = components.find(({ id }) => id === header[1 + index * 2]);
    const chosen = header[2 + index * 2];
    if (component === undefined || chosen === undefined) return null;
    const dc = tables.get(chosen >> 4);
    const ac = tables.get(0x10 | (chosen & 15));
    if (dc === undefined || ac === undefined) return null;
    const count = components.length === 1 ? 1 : component.horizontal * component.vertical;
    for (let block = 0; block < count; block += 1) blocks.push({ dc, ac });
  }
  return blocks.length === 0 ? null : blocks;
}

function walk(bits: Bits, blocks: readonly Tables[], mcus: number, interval: number): number | null {
  for (let mcu = 0; mcu < mcus; mcu += 1) {
    if (interval > 0 && mcu > 0 && mcu % interval === 0 && !bits.restart()) return null;
    for (const tables of blocks) if (!skipBlock(bits, tables)) return null;
  }
  return bits.position;
}

/** Skips one block of 8x8 coefficients. @returns false if the data ends or contains no valid code */
function skipBlock(bits: Bits, { dc, ac }: Tables): boolean {
  const category = bits.symbol(dc);
  if (category < 0 || category > 16 || !bits.skip(category)) return false;
  for (let coefficient = 1; coefficient < 64;) {
    const symbol = bits.symbol(ac);
    if (symbol < 0) return false;
    const size = symbol & 15;
    if (size === 0 && symbol !== 0xf0) return true;
    coefficient += (symbol >> 4) + 1;
    if (!bits.skip(size)) return false;
  }
  return true;
}

/** The bits of entropy-coded data, without the zeros behind 0xff. */
class Bits {
  readonly #bytes: Buffer;
  #next: number;
  #bits = 0;
  #count = 0;
  /** How many of the bits are zeros that stand for data behind the end. */
  #missing = 0;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#next = start;
  }

  /** The offset behind the last byte that was used. */
  get position(): number {
    let at = this.#next;
    for (let unused = (this.#count - this.#missing) >> 3; unused > 0; unused -= 1) {
      at -= this.#bytes[at - 1] === 0 && this.#bytes[at - 2] === 0xff ? 2 : 1;
    }
    return at;
  }

  /** Reads a code. @returns its symbol; -1 if there is none */
  symbol({ limits, offsets, symbols }: ReadTable): number {
    this.#fill();
    const next = (this.#bits >>> (this.#count - 16)) & 0xffff;
    let length = 1;
    while (length <= 16 && next >= (limits[length] as number)) length += 1;
    if (length > 16 || !this.#take(length)) return -1;
    return symbols[(next >> (16 - length)) + (offsets[length] as number)] ?? -1;
  }

  /** Skips up to 16 bits. @returns false if the data ends before */
  skip(length: number): boolean {
    this.#fill();
    return this.#take(length);
  }

  /** Continues behind the next restart marker. @returns false if there is none */
  restart(): boolean {
    for (let at = this.position; ; at += 1) {
      at = this.#bytes.indexOf(0xff, at);
      if (at === -1) return false;
      const marker = this.#bytes[at + 1] ?? 0;
      if (marker < 0xd0 || marker > 0xd7) continue;
      this.#next = at + 2;
      this.#bits = this.#count = this.#missing = 0;
      return true;
    }
  }

  #take(length: number): boolean {
    this.#count -= length;
    return this.#count >= this.#missing;
  }

  #fill(): void {
    while (this.#count < 16) {
      const byte = this.#bytes[this.#next];
      const stuffed = byte === 0xff && this.#bytes[this.#next + 1] === 0;
      const ended = byte === undefined || (byte === 0xff && !stuffed);
      this.#bits = ((this.#bits << 8) | (ended ? 0 : byte)) & 0xffffff;
      this.#count += 8;
      if (ended) this.#missing += 8;
      else this.#next += stuffed ? 2 : 1;
    }
  }
}

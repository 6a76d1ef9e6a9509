import { quickBits, type ReadTable, standardTables } from './read-table.ts';

/** A Huffman table to write with: length and code by symbol. A length of 0 is no code. */
interface WriteTable {
  readonly lengths: Uint8Array;
  readonly codes: Uint16Array;
}

/** How one block of a MCU is coded. */
export interface BlockCodes {
  readonly dc: ReadTable;
  readonly ac: ReadTable;
  /** True for luminance, whose standard tables are others than those of chrominance. */
  readonly isLuma: boolean;
}

const written = new Map(Array.from(standardTables, ([id, table]) => [id, writeTable(table)] as const));

function writeTable({ limits, offsets, symbols }: ReadTable): WriteTable {
  const [lengths, codes] = [new Uint8Array(256), new Uint16Array(256)];
  let code = 0;
  for (let length = 1; length <= 16; length += 1) {
    const end = (limits[length] as number) >> (16 - length);
    for (; code < end; code += 1) {
      const symbol = symbols[code + (offsets[length] as number)] as number;
      lengths[symbol] = length;
      codes[symbol] = code;
    }
    code <<= 1;
  }
  return { lengths, codes };
}

/**
 * Writes entropy-coded data of a baseline JPEG again with the standard Huffman tables, without decoding the image.
 *
 * @param scan from the first byte behind SOS
 * @param blocks of one MCU, in their order
 * @param interval MCUs between restart markers; 0 for none
 * @returns null if the data are damaged, cut short, or not baseline
 */
export function withStandardCodes(
  scan: Buffer,
  blocks: readonly BlockCodes[],
  mcus: number,
  interval: number,
): Buffer | null {
  const reader = new BitReader(scan);
  const writer = new BitWriter(scan.length + (scan.length >> 2) + 1_024);
  for (let mcu = 0; mcu < mcus; mcu += 1) {
    if (interval > 0 && mcu > 0 && mcu % interval === 0) {
      if (!reader.restart()) return null;
      writer.restart((mcu / interval - 1) & 7);
    }
    for (const block of blocks) if (!copyBlock(reader, writer, block)) return null;
  }
  return writer.end();
}

/** Copies one block (F.2.2). @returns false if the data end, or contain a code that baseline does not have */
function copyBlock(reader: BitReader, writer: BitWriter, { dc, ac, isLuma }: BlockCodes): boolean {
  const [dcOut, acOut] = [written.get(isLuma ? 0 : 1) as WriteTable, written.get(isLuma ? 0x10 : 0x11) as WriteTable];
  const category = reader.symbol(dc);
  if (category < 0 || dcOut.lengths[category] === 0) return false;
  writer.put(dcOut.codes[category] as number, dcOut.lengths[category] as number);
  if (category > 0) writer.put(reader.bits(category), category);
  for (let coefficient = 1; coefficient < 64;) {
    const symbol = reader.symbol(ac);
    if (symbol < 0 || acOut.lengths[symbol] === 0) return false;
    writer.put(acOut.codes[symbol] as number, acOut.lengths[symbol] as number);
    const size = symbol & 15;
    if (size === 0 && symbol !== 0xf0) break;
    coefficient += (symbol >> 4) + 1;
    if (size > 0) writer.put(reader.bits(size), size);
  }
  return !reader.isPastEnd;
}

/** Reads the bits of entropy-coded data, without the zeros behind 0xff. */
class BitReader {
  readonly #bytes: Buffer;
  #next = 0;
  #bits = 0;
  #count = 0;
  /** How many of the bits are zeros that stand for data behind the end. */
  #missing = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isPastEnd(): boolean {
    return this.#count < this.#missing;
  }

  /** Reads a code. @returns its symbol; -1 if there is none */
  symbol({ quick, limits, offsets, symbols }: ReadTable): number {
    this.#fill();
    const next = (this.#bits >>> (this.#count - 16)) & 0xffff;
    const entry = quick[next >> (16 - quickBits)] as number;
    if (entry !== 0) {
      this.#count -= entry >> 8;
      return entry & 0xff;
    }
    let length = quickBits + 1;
    while (length <= 16 && next >= (limits[length] as number)) length += 1;
    if (length > 16) return -1;
    this.#count -= length;
    return symbols[(next >> (16 - length)) + (offsets[length] as number)] ?? -1;
  }

  /** Reads up to 16 bits. */
  bits(length: number): number {
    this.#fill();
    this.#count -= length;
    return (this.#bits >>> this.#count) & ((1 << length) - 1);
  }

  /** Continues behind the next restart marker. @returns false if there is none */
  restart(): boolean {
    // The bits that are read ahead end before the marker, as reading stops there.
    for (let at = this.#next; at + 1 < this.#bytes.length; at += 1) {
      if (this.#bytes[at] !== 0xff) continue;
      const marker = this.#bytes[at + 1] as number;
      if (marker < 0xd0 || marker > 0xd7) continue;
      this.#next = at + 2;
      this.#bits = this.#count = this.#missing = 0;
      return true;
    }
    return false;
  }

  #fill(): void {
    while (this.#count < 16) {
      const byte = this.#bytes[this.#next];
      const isStuffed = byte === 0xff && this.#bytes[this.#next + 1] === 0;
      const isEnd = byte === undefined || (byte === 0xff && !isStuffed);
      this.#bits = ((this.#bits << 8) | (isEnd ? 0 : byte)) & 0xffffff;
      this.#count += 8;
      if (isEnd) this.#missing += 8;
      else this.#next += isStuffed ? 2 : 1;
    }
  }
}

/** Writes bits of entropy-coded data, with a zero behind each 0xff. */
class BitWriter {
  #bytes: Buffer;
  #at = 0;
  #bits = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** Writes up to 16 bits. */
  put(bits: number, length: number): void {
    this.#bits = ((this.#bits << length) | bits) & 0xffffff;
    this.#count += length;
    while (this.#count >= 8) {
      this.#count -= 8;
      this.#byte((this.#bits >>> this.#count) & 0xff);
    }
  }

  /** Fills the last byte with ones and writes a restart marker. */
  restart(number: number): void {
    this.#align();
    this.#reserve(2);
    this.#bytes[this.#at] = 0xff;
    this.#bytes[this.#at + 1] = 0xd0 + number;
    this.#at += 2;
  }

  end(): Buffer {
    this.#align();
    return this.#bytes.subarray(0, this.#at);
  }

  #align(): void {
    if (this.#count > 0) this.put((1 << (8 - this.#count)) - 1, 8 - this.#count);
  }

  #byte(byte: number): void {
    this.#reserve(2);
    this.#bytes[this.#at] = byte;
    this.#at += 1;
    if (byte !== 0xff) return;
    this.#bytes[this.#at] = 0;
    this.#at += 1;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(this.#bytes.length * 2);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

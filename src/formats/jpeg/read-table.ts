import { standardHuffmanTables } from './huffman-tables.ts';

/** Codes of up to this many bits are found in one step. */
export const quickBits = 9;

/** A Huffman table to read with (ITU-T T.81, annex C). */
export interface ReadTable {
  /** By the next {@link quickBits} bits: the code's length and its symbol; 0 if the code is longer. */
  readonly quick: Uint16Array;
  /** Codes of this length or less are below this number, if they are aligned to the left of 16 bits. By length. */
  readonly limits: readonly number[];
  /** The index of a length's first symbol, less its first code. By length. */
  readonly offsets: readonly number[];
  readonly symbols: Buffer;
}

/**
 * Reads the tables of a DHT segment (B.2.4.2) by their class and number.
 *
 * @param content without marker and length
 */
export function readHuffmanTables(content: Buffer, tables: Map<number, ReadTable>): void {
  for (let at = 0; at + 17 <= content.length;) {
    const [limits, offsets] = [[0], [0]];
    let [code, count] = [0, 0];
    const counts = content.subarray(at + 1, at + 17);
    for (let length = 1; length <= 16; length += 1) {
      offsets.push(count - code);
      code += counts[length - 1] as number;
      count += counts[length - 1] as number;
      limits.push(code << (16 - length));
      code <<= 1;
    }
    const symbols = content.subarray(at + 17, at + 17 + count);
    tables.set(content[at] as number, { quick: quickTable(counts, symbols), limits, offsets, symbols });
    at += 17 + count;
  }
}

function quickTable(counts: Buffer, symbols: Buffer): Uint16Array {
  const quick = new Uint16Array(1 << quickBits);
  let [code, at] = [0, 0];
  for (let length = 1; length <= quickBits; length += 1) {
    for (let left = counts[length - 1] as number; left > 0; left -= 1) {
      const first = code << (quickBits - length);
      quick.fill((length << 8) | (symbols[at] ?? 0), first, first + (1 << (quickBits - length)));
      [code, at] = [code + 1, at + 1];
    }
    code <<= 1;
  }
  return quick;
}

/** The standard tables (annex K.3) by class and number: 0 is for luminance, 1 for chrominance. */
export const standardTables: ReadonlyMap<number, ReadTable> = (() => {
  const tables = new Map<number, ReadTable>();
  readHuffmanTables(standardHuffmanTables.subarray(4), tables);
  return tables;
})();

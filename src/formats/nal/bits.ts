/** Removes the bytes that prevent start codes within the payload (ITU-T H.264, 7.4.1, and H.265, 7.4.2: emulation_prevention_three_byte). */
export function withoutEmulation(bytes: Buffer): Buffer {
  const kept: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    kept.push(byte);
  }
  return Buffer.from(kept);
}

/** Reads bits, most significant first. Throws a RangeError at the end. */
export class BitReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Reads an unsigned number of `count` bits. */
  read(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left -= 1) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new RangeError('cut short');
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
      this.#at += 1;
    }
    return value;
  }

  /** Passes over bits. */
  skip(count: number): void {
    if (this.#at + count > this.#bytes.length * 8) throw new RangeError('cut short');
    this.#at += count;
  }

  /** ue(v): ITU-T H.264, 9.1. */
  unsigned(): number {
    let zeros = 0;
    while (this.read(1) === 0) {
      zeros += 1;
      if (zeros > 32) throw new RangeError('not an Exp-Golomb code');
    }
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** se(v): ITU-T H.264, 9.1.1. */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}

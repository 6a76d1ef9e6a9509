import type { Size } from '../../../domain/media/size.ts';
import type { NalCodec } from './nal-codec.ts';

/** The most parameter sets of one type that are kept, and the longest one, in bytes. */
const most = 32;
const longest = 4_096;
const startCode = Buffer.from([0, 0, 0, 1]);

/** The parameter sets of a stream: those in its description, then the newest of each type in the stream. */
export class StreamSets {
  readonly #codec: NalCodec;
  readonly #byType = new Map<number, Buffer[]>();
  #joined: Buffer | null = null;
  #size: Size | null = null;

  /** @param described NAL units from the description of the stream */
  constructor(codec: NalCodec, described: readonly Buffer[]) {
    this.#codec = codec;
    this.note(described);
  }

  /** The size of frames by the newest sequence parameter set; null before the first one that can be read. */
  get size(): Size | null {
    return this.#size;
  }

  /** All sets in Annex B, in the order in which decoders need them; empty unless there is one of each type. */
  get bytes(): Buffer {
    this.#joined ??= this.#join();
    return this.#joined;
  }

  /** Notes the parameter sets of one frame. Those of the same types that were known before are forgotten. */
  note(units: readonly Buffer[]): void {
    for (const type of this.#codec.sets) {
      const found = units.filter((each) => each.length <= longest && this.#codec.typeOf(each[0] ?? 0) === type);
      const known = this.#byType.get(type) ?? [];
      if (found.length === 0 || found.length > most) continue;
      if (found.length === known.length && found.every((each, at) => known[at]?.equals(each))) continue;
      if (type === this.#codec.sps) {
        const size = this.#codec.readSize(found.at(-1) as Buffer);
        if (size === null) continue;
        this.#size = size;
      }
      this.#byType.set(
        type,
        found.map((each) => Buffer.from(each)),
      );
      this.#joined = null;
    }
  }

  #join(): Buffer {
    const sets = this.#codec.sets.map((type) => this.#byType.get(type) ?? []);
    if (sets.some(({ length }) => length === 0)) return Buffer.alloc(0);
    return Buffer.concat(sets.flat().flatMap((each) => [startCode, each]));
  }
}

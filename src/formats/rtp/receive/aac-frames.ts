import type { DescribedTrack } from '../../rtsp/description.ts';
import type { AudioFrames, AudioSink } from './audio-frames.ts';
import type { IncomingPacket } from './incoming-packet.ts';

/** The longest AAC frame: 6,144 bits for each of 48 channels (ISO/IEC 14496-3, 4.5.3.1), in bytes. */
const longest = 768 * 48;
/** Sampling frequencies by their index in an AudioSpecificConfig (ISO/IEC 14496-3, table 1.18). */
const frequencies = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

/** Lengths of the fields in front of each frame, in bits. */
interface FieldLengths {
  readonly size: number;
  readonly index: number;
  readonly delta: number;
}

/** AAC over RTP (RFC 3640): several frames in a packet, or a frame in several packets. */
export class AacFrames implements AudioFrames {
  /** The AudioSpecificConfig. */
  readonly config: Buffer;
  readonly #fields: FieldLengths;
  /** Samples of a frame. */
  readonly #duration: number;
  #parts: Buffer[] = [];
  #length = 0;
  #timestamp = 0;

  private constructor(config: Buffer, fields: FieldLengths, duration: number) {
    this.config = config;
    this.#fields = fields;
    this.#duration = duration;
  }

  /** Reads the description of an AAC track. @returns null if it is AAC of another form */
  static of({ parameters, rate, channels }: DescribedTrack): AacFrames | null {
    const number = (name: string, fallback: number): number => {
      const value = Number(parameters.get(name) ?? fallback);
      return Number.isInteger(value) && value >= 0 ? value : fallback;
    };
    // These are the lengths of mode AAC-hbr (section 3.3.6), which a camera may leave out.
    const fields = {
      size: number('sizelength', 13),
      index: number('indexlength', 3),
      delta: number('indexdeltalength', 3),
    };
    if (fields.size < 1 || fields.size > 16 || fields.index > 16 || fields.delta > 16) return null;
    const extra = ['ctsdeltalength', 'dtsdeltalength', 'randomaccessindication', 'streamstateindication'];
    if (extra.some((name) => number(name, 0) > 0) || number('auxiliarydatasizelength', 0) > 0) return null;
    const written = parameters.get('config')?.replaceAll('"', '') ?? '';
    const isHex = /^(?:[0-9a-f]{2}){2,64}$/i.test(written);
    const config = isHex ? Buffer.from(written, 'hex') : lowComplexity(rate ?? 0, channels);
    return config === null ? null : new AacFrames(config, fields, number('constantduration', 1_024) || 1_024);
  }

  push({ payload, timestamp, marker }: IncomingPacket, lost: boolean, sink: AudioSink): void {
    if (lost || timestamp !== this.#timestamp) this.#forget();
    this.#timestamp = timestamp;
    if (payload.length < 2) return;
    const headerBits = payload.readUInt16BE(0);
    let at = 2 + Math.ceil(headerBits / 8);
    const sizes = this.#sizes(payload.subarray(2, at), headerBits);
    const [first] = sizes;
    if (first !== undefined && sizes.length === 1 && first > payload.length - at) {
      this.#fragment(payload.subarray(at), first, marker, sink);
      return;
    }
    this.#forget();
    for (const [index, size] of sizes.entries()) {
      if (size === 0 || at + size > payload.length) return;
      sink(
        Buffer.from(payload.subarray(at, at + size)),
        (timestamp + index * this.#duration) >>> 0,
        (sizes.length - index) * this.#duration,
      );
      at += size;
    }
  }

  /** Every fragment states the size of the whole frame (section 3.2.3). */
  #fragment(bytes: Buffer, size: number, marker: boolean, sink: AudioSink): void {
    this.#parts.push(Buffer.from(bytes));
    this.#length += bytes.length;
    if (this.#length > longest) this.#forget();
    if (!marker) return;
    if (this.#length === size) sink(Buffer.concat(this.#parts), this.#timestamp, this.#duration);
    this.#forget();
  }

  #sizes(headers: Buffer, bits: number): number[] {
    const { size, index, delta } = this.#fields;
    const sizes: number[] = [];
    for (let at = 0; at + size <= Math.min(bits, headers.length * 8);) {
      let value = 0;
      for (let bit = at; bit < at + size; bit += 1)
        value = value * 2 + (((headers[bit >> 3] as number) >> (7 - (bit & 7))) & 1);
      at += size + (sizes.length === 0 ? index : delta);
      sizes.push(value);
    }
    return sizes;
  }

  #forget(): void {
    this.#parts = [];
    this.#length = 0;
  }
}

/** The configuration of AAC-LC, for cameras that describe none; null if it cannot be this rate. */
function lowComplexity(rate: number, channels: number): Buffer | null {
  const index = frequencies.indexOf(rate);
  if (index === -1 || channels > 7) return null;
  const objectType = 2;
  return Buffer.from([(objectType << 3) | (index >> 1), ((index & 1) << 7) | (channels << 3)]);
}

import { refuseLength } from '../../../domain/cameras/camera-limits.ts';
import { jpegHead, scaledTables } from '../../jpeg/rtp-head.ts';
import type { IncomingPacket } from './incoming-packet.ts';
import type { VideoFrames, VideoSink } from './video-frames.ts';

/** Facts that all packets of one frame repeat (RFC 2435, section 3.1). */
interface FrameFacts {
  readonly type: number;
  readonly width: number;
  readonly height: number;
  /** MCUs between two restart markers; 0 for none. */
  readonly restart: number;
  readonly tables: Buffer;
}

const endOfImage = Buffer.from([0xff, 0xd9]);
/** Tables of one byte and two bytes per entry, for luma and chroma. */
const tableLength = { 0: 64, 1: 128 } as const;

/**
 * Joins the packets of a JPEG track to JPEGs (RFC 2435). The packets contain the entropy-coded data alone; head and
 * tables follow from a few bytes in front of them.
 */
export class JpegFrames implements VideoFrames {
  /** Every packet tells where it belongs, so nothing waits. */
  readonly quiet = null;
  readonly #sink: VideoSink;
  /** Tables that a camera sends once, by Q. */
  readonly #known = new Map<number, Buffer>();
  #facts: FrameFacts | null = null;
  #timestamp = 0;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(sink: VideoSink) {
    this.#sink = sink;
  }

  flush(): void {
    // Nothing waits.
  }

  push({ payload, timestamp, marker }: IncomingPacket): void {
    if (timestamp !== this.#timestamp || (payload.length >= 4 && payload.readUIntBE(1, 3) === 0)) this.#abandon();
    this.#timestamp = timestamp;
    if (!this.#take(payload)) {
      this.#abandon();
      if (marker) this.#sink.damaged();
      return;
    }
    if (marker) this.#complete();
  }

  /** @returns false if the packet does not continue the frame */
  #take(payload: Buffer): boolean {
    if (payload.length < 8) return false;
    const offset = payload.readUIntBE(1, 3);
    const type = payload[4] as number;
    if (offset !== this.#length) return false;
    let at = 8;
    let restart = 0;
    if (type >= 64 && type < 128) {
      if (payload.length < 12) return false;
      restart = payload.readUInt16BE(8);
      at = 12;
    }
    if (offset === 0) {
      const tables = this.#tables(payload, at);
      if (tables === null) return false;
      at = tables.end;
      const [width, height] = [(payload[6] as number) * 8, (payload[7] as number) * 8];
      this.#facts = { type, width, height, restart, tables: tables.bytes };
    }
    if (this.#facts === null) return false;
    const refusal = refuseLength(this.#length + payload.length);
    if (refusal !== null) throw refusal;
    // A copy: a view would keep the memory of everything that was read with it.
    this.#parts.push(Buffer.from(payload.subarray(at)));
    this.#length += payload.length - at;
    return true;
  }

  /** The quantisation tables of a frame: by a formula for Q up to 99, else in its first packet or an earlier one. */
  #tables(payload: Buffer, at: number): { readonly bytes: Buffer; readonly end: number } | null {
    const q = payload[5] as number;
    if (q < 128) {
      if (q === 0 || q > 99) return null;
      return { bytes: this.#remember(q, () => scaledTables(q)), end: at };
    }
    if (payload.length < at + 4) return null;
    const length = payload.readUInt16BE(at + 2);
    const end = at + 4 + length;
    if (length === 0) {
      const bytes = this.#known.get(q);
      return bytes === undefined ? null : { bytes, end };
    }
    // Only tables of eight bits per entry occur in baseline JPEGs.
    if (end > payload.length || payload[at + 1] !== 0 || length % tableLength[0] !== 0 || length > 256) return null;
    const bytes = Buffer.from(payload.subarray(at + 4, end));
    if (q < 255) this.#known.set(q, bytes);
    return { bytes, end };
  }

  #remember(q: number, make: () => Buffer): Buffer {
    const bytes = this.#known.get(q) ?? make();
    this.#known.set(q, bytes);
    return bytes;
  }

  #complete(): void {
    const facts = this.#facts;
    const parts = this.#parts;
    this.#forget();
    if (facts === null) return;
    const { type, width, height } = facts;
    const isKnown = (type & 0x3f) <= 1 && type < 128;
    if (!isKnown || width === 0 || height === 0) {
      this.#sink.unsupported(
        isKnown ? 'JPEG over RTP that is wider than 2040 pixels' : `JPEG over RTP of type ${type}`,
      );
      return;
    }
    const last = parts.at(-1);
    const isEnded = last !== undefined && last.length >= 2 && last.subarray(-2).equals(endOfImage);
    const bytes = Buffer.concat([jpegHead(facts), ...parts, ...(isEnded ? [] : [endOfImage])]);
    this.#sink.frame({ bytes, timestamp: this.#timestamp, keyframe: true, width, height });
  }

  /** Forgets a frame that is not complete. */
  #abandon(): void {
    if (this.#length > 0) this.#sink.damaged();
    this.#forget();
  }

  #forget(): void {
    this.#facts = null;
    this.#parts = [];
    this.#length = 0;
  }
}

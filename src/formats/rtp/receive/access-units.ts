import { cameraLimits, refuseLength } from '../../../domain/cameras/camera-limits.ts';
import type { IncomingPacket } from './incoming-packet.ts';
import type { NalCodec, NalSink } from './nal-codec.ts';
import { StreamSets } from './parameter-sets.ts';
import type { VideoFrames, VideoSink } from './video-frames.ts';

/** How long after a frame's last packet the frame counts as complete, in milliseconds: packets of a frame come at once. */
const quiet = { marked: 8, unmarked: 60 } as const;
/** After this many frames that ended where they were marked, a frame is complete at its mark. */
const trusted = 3;
/** Units before the first slice of a frame, in bytes. */
const longestLead = 256 * 1_024;
/** The memory that is kept from frame to frame, in bytes. The memory of a longer one is given back. */
const kept = { least: 16 * 1_024, most: 1_024 * 1_024 } as const;

/**
 * Joins the packets of an H.264 or H.265 track to access units.
 *
 * Packets of a frame share a timestamp, and the last one is marked. Some cameras mark every slice, some mark none, some
 * send the parameter sets under the timestamp of the frame before, and some never change the timestamp. So a frame ends
 * where the next one begins, by its timestamp or its units; after a while without packets; or at its mark, once the
 * camera's marks have proved right.
 */
export class AccessUnits implements VideoFrames, NalSink {
  readonly #codec: NalCodec;
  readonly #sink: VideoSink;
  readonly #sets: StreamSets;
  #timestamp = 0;
  /** The frame so far, in Annex B: memory that is used again and again. */
  #bytes = Buffer.allocUnsafeSlow(kept.least);
  #length = 0;
  /** Where the parameter sets of the frame begin and end. */
  #setEdges: number[] = [];
  /** Where the current unit begins, with its start code; null between two units. */
  #unitAt: number | null = null;
  /** True while the fragments of a unit have no use. */
  #skipping = true;
  #hasSlice = false;
  #hasFirstSlice = false;
  #isKey = false;
  #isMarked = false;
  /** True if the frame says that decoders can begin with it. Noted until the first keyframe. */
  #isRecovery = false;
  /** How many frames have ended where they were marked; negative once one went on. */
  #trust = 0;
  /** The timestamp of the frame that was completed last; null if it ended by the next one. */
  #completed: number | null = null;
  /** True once a keyframe has come. */
  #isDecodable = false;

  /** @param described parameter sets from the stream's description */
  constructor(codec: NalCodec, sink: VideoSink, described: readonly Buffer[]) {
    this.#codec = codec;
    this.#sink = sink;
    this.#sets = new StreamSets(codec, described);
  }

  get quiet(): number | null {
    // live555 sends a frame's first fragment, and the others a frame's duration later.
    if (!this.#hasSlice || this.#unitAt !== null) return null;
    return this.#isMarked && this.#trust >= 0 ? quiet.marked : quiet.unmarked;
  }

  push({ payload, timestamp, marker }: IncomingPacket, lost: boolean): void {
    if (lost) this.#drop();
    if (timestamp !== this.#timestamp) {
      this.#finish();
      this.#timestamp = timestamp;
      this.#completed = null;
    }
    this.#codec.split(payload, this);
    if (!marker || !this.#hasSlice) return;
    this.#isMarked = true;
    if (this.#trust >= trusted) this.#finishNow();
  }

  flush(): void {
    // The frame that the caller means may have ended meanwhile, and another one begun.
    if (this.quiet !== null) this.#finishNow();
  }

  #finishNow(): void {
    this.#finish();
    this.#completed = this.#timestamp;
  }

  unit(bytes: Buffer): void {
    const { header } = this.#codec;
    this.#drop();
    if (bytes.length <= header) return;
    this.#open(bytes[0] as number, bytes, header);
    this.more(bytes);
    this.end();
  }

  begin(header: number, rest: Buffer): void {
    this.#drop();
    if (rest.length === 0) return;
    const { header: length } = this.#codec;
    this.#open(length === 2 ? header >> 8 : header, rest, 0);
    if (this.#skipping) return;
    this.#reserve(length);
    if (length === 2) this.#bytes[this.#length++] = header >> 8;
    this.#bytes[this.#length++] = header & 0xff;
    this.more(rest);
  }

  more(rest: Buffer): void {
    if (this.#skipping) return;
    this.#reserve(rest.length);
    this.#length += rest.copy(this.#bytes, this.#length);
  }

  end(): void {
    const at = this.#unitAt;
    this.#unitAt = null;
    if (this.#skipping || at === null) return;
    this.#skipping = true;
    const type = this.#codec.typeOf(this.#bytes[at + 4] as number);
    if (!this.#isDecodable) this.#isRecovery ||= this.#codec.isRecovery(this.#bytes.subarray(at + 4, this.#length));
    if (this.#codec.sets.includes(type)) this.#setEdges.push(at + 4, this.#length);
    if (!this.#codec.isSlice(type)) return;
    // Only now: a slice that lacks a fragment is dropped.
    this.#isKey ||= this.#codec.isKey(type);
    this.#hasFirstSlice ||= isFirst(this.#bytes[at + 4 + this.#codec.header]);
  }

  /** Begins a unit, and before it a frame if the unit belongs to the next one. */
  #open(first: number, bytes: Buffer, at: number): void {
    const codec = this.#codec;
    const type = codec.typeOf(first);
    this.#skipping = codec.isIdle(type);
    if (this.#hasSlice && (this.#skipping ? codec.isLead(type) : this.#isNext(type, bytes[at]))) this.#finish();
    if (this.#skipping) return;
    if (codec.isSlice(type)) {
      this.#hasSlice = true;
      if (!isFirst(bytes[at]) && (this.#isMarked || this.#completed === this.#timestamp)) this.#trust = -1;
    }
    if (!this.#hasSlice && this.#length > longestLead) this.#reset();
    this.#reserve(4);
    this.#unitAt = this.#length;
    this.#bytes.writeUInt32BE(1, this.#length);
    this.#length += 4;
  }

  #isNext(type: number, start: number | undefined): boolean {
    if (this.#codec.isLead(type)) return true;
    return this.#isMarked && this.#codec.isSlice(type) && isFirst(start);
  }

  #reserve(more: number): void {
    const length = this.#length + more;
    if (length <= this.#bytes.length) return;
    const refusal = refuseLength(length);
    if (refusal !== null) throw refusal;
    const bytes = Buffer.allocUnsafeSlow(Math.min(Math.max(length, 2 * this.#bytes.length), cameraLimits.frame));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }

  /** Forgets a unit whose last fragment never came. */
  #drop(): void {
    this.#skipping = true;
    if (this.#unitAt === null) return;
    this.#length = this.#unitAt;
    this.#unitAt = null;
  }

  /** Ends the frame. Units before its first slice stay for the next one. */
  #finish(): void {
    if (!this.#hasSlice) return;
    if (this.#unitAt !== null) this.#drop();
    if (this.#isMarked && this.#trust >= 0) this.#trust += 1;
    this.#noteSets();
    if (this.#hasFirstSlice && this.#length > 0) this.#complete();
    else this.#sink.damaged();
    this.#reset();
  }

  #noteSets(): void {
    const edges = this.#setEdges;
    if (edges.length === 0) return;
    const units: Buffer[] = [];
    for (let at = 0; at < edges.length; at += 2) units.push(this.#bytes.subarray(edges[at], edges[at + 1]));
    this.#sets.note(units);
  }

  #complete(): void {
    const { size } = this.#sets;
    this.#isDecodable ||= this.#isKey && size !== null;
    if (size === null || !this.#isDecodable) {
      this.#sink.waiting(this.#isRecovery);
      return;
    }
    const sets = this.#isKey && !this.#hasAllSets() ? this.#sets.bytes : null;
    const before = sets?.length ?? 0;
    const bytes = Buffer.allocUnsafeSlow(before + this.#length);
    sets?.copy(bytes);
    this.#bytes.copy(bytes, before, 0, this.#length);
    const { width, height } = size;
    this.#sink.frame({ bytes, timestamp: this.#timestamp, keyframe: this.#isKey, width, height });
  }

  #hasAllSets(): boolean {
    const edges = this.#setEdges;
    const { sets } = this.#codec;
    if (edges.length < 2 * sets.length) return false;
    return sets.every((type) =>
      edges.some((at, index) => index % 2 === 0 && this.#codec.typeOf(this.#bytes[at] as number) === type),
    );
  }

  #reset(): void {
    this.#length = 0;
    this.#setEdges = [];
    this.#unitAt = null;
    this.#hasSlice = false;
    this.#hasFirstSlice = false;
    this.#isKey = false;
    this.#isMarked = false;
    this.#isRecovery = false;
    if (this.#bytes.length > kept.most) this.#bytes = Buffer.allocUnsafeSlow(kept.least);
  }
}

/** True for the first slice of an image, by the byte behind the header of its unit. */
function isFirst(start: number | undefined): boolean {
  return ((start ?? 0) & 0x80) !== 0;
}

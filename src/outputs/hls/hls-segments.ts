import type { Sample } from '../../formats/fmp4/video.ts';
import { timescale } from '../../formats/fmp4/video.ts';
import type { LivePlaylist, PlaylistPart, PlaylistSegment } from '../../formats/hls/playlist.ts';

/**
 * How long a part lasts at most where frames come often enough, in seconds: players wait this long at the live edge.
 */
const partGoal = 0.5;
/** A keyframe this soon after a segment's beginning does not end it, in seconds: a viewer asked for it. */
const shortest = 0.4;
/** A segment ends without a keyframe when it gets this long, in seconds. */
const longest = 6;
/** The shortest target duration of a playlist, in seconds. */
const leastTarget = 2;
/** A playlist lists this many target durations; a player needs three (RFC 8216, 6.2.2). */
const listedTargets = 5;
/** Segments are kept for this many, for players that read an earlier playlist. */
const keptTargets = 8;
/** One stream keeps no more than this in bytes, but always two segments. */
const mostBytes = 64 * 1024 * 1024;

/** A frame for a segment. */
export interface HlsFrame {
  readonly place: Sample;
  /** Its fragment of MP4. */
  readonly bytes: Buffer;
  /** The initialisation segment that it needs: the same buffer as long as nothing changes. */
  readonly init: Buffer;
  /** When it was captured, in milliseconds since the epoch. */
  readonly capturedAt: number;
}

/** Some frames of a segment, which low-latency players fetch before the segment is complete. */
export interface HlsPart extends PlaylistPart {
  readonly bytes: Buffer;
}

/** The frames from one keyframe to another. */
export interface HlsSegment extends PlaylistSegment {
  readonly parts: readonly HlsPart[];
}

/** A segment that is still growing. */
interface OpenSegment extends HlsSegment {
  readonly parts: HlsPart[];
  duration: number;
}

const noBytes: Buffer = Buffer.alloc(0);

/**
 * The segments of a live HLS playlist (RFC 8216; parts: draft-pantos-hls-rfc8216bis), made from frames. A segment is
 * its frames' fragments one after the other. Only the last segments are kept.
 */
export class HlsSegments implements LivePlaylist {
  #whole: HlsSegment[] = [];
  #open: OpenSegment | null = null;
  readonly #inits = new Map<number, Buffer>();
  #init = noBytes;
  #initNumber = 0;
  #nextNumber: number;
  /** Counted from 0: some players (hls.js 1.7) walk through all numbers up to it. */
  #discontinuity = 0;
  #target = leastTarget;
  /** The number of the first segment that a playlist lists. It never goes back, also when the target duration grows. */
  #firstListed = 0;
  /** The fragments of the part that is still growing. */
  #pending: Buffer[] = [];
  /** Audio that has come since the last part. */
  #audio: Buffer[] = [];
  #pendingDuration = 0;
  #pendingBegins = false;
  /** Where the last frame ends, in ticks; null before the first. */
  #end: number | null = null;
  /** True if the next frame does not continue the last one. */
  #interrupted = false;

  /**
   * @param first the first segment's number: greater than any before, so that players that have seen an earlier playlist
   *   know that the next one is newer
   */
  constructor(first: number) {
    this.#nextNumber = first;
  }

  /** The complete segments that a playlist lists. */
  get listed(): readonly HlsSegment[] {
    const listed = lasting(this.#whole, this.#target * listedTargets);
    return listed.filter(({ number }) => number >= this.#firstListed);
  }

  /** The segment that is still growing; null before the first frame. */
  get open(): HlsSegment | null {
    return this.#open;
  }

  /** The number of the next segment that will begin. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** The playlist's target duration in whole seconds; it never shrinks while the stream runs. */
  get target(): number {
    return this.#target;
  }

  /** The longest duration of a part, in seconds. */
  get partTarget(): number {
    const parts = [...this.listed, ...(this.#open === null ? [] : [this.#open])].flatMap(({ parts }) => parts);
    return Math.max(partGoal, ...parts.map(({ duration }) => duration));
  }

  /** Takes the next frame. @returns true if it completes a part or a segment. */
  add(frame: HlsFrame): boolean {
    const { place } = frame;
    const jumps = frame.init !== this.#init || (this.#end !== null && place.start !== this.#end) || this.#interrupted;
    const length = this.#open === null ? Infinity : this.#open.duration + this.#pendingDuration;
    const begins = place.keyframe ? jumps || length >= shortest : length >= longest && this.#open !== null;
    if (this.#open === null && !place.keyframe) return false;
    this.#interrupted = false;
    this.#end = place.start + place.duration;
    const duration = place.duration / timescale;
    const full = this.#pendingDuration > 0 && this.#pendingDuration + duration > partGoal;
    if (begins) this.#begin(frame, jumps);
    else if (full) this.#endPart();
    if (this.#pending.length === 0) this.#pendingBegins = place.keyframe;
    this.#pending.push(frame.bytes, ...this.#audio.splice(0));
    this.#pendingDuration += duration;
    // The next one will not fit unless it is much shorter, so players need not wait for it.
    const isFull = this.#pendingDuration + duration * 0.9 > partGoal;
    if (isFull) this.#endPart();
    return begins || full || isFull;
  }

  /** The next frame is from another Capture: it begins a new segment, after a discontinuity. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** Takes a fragment of audio, which goes with the frames around it. */
  addAudio(bytes: Buffer): void {
    if (this.#pending.length > 0) this.#pending.push(bytes);
    else if (this.#open !== null) this.#audio.push(bytes);
  }

  /**
   * The complete segment with this number, in one piece.
   *
   * @param options `repeatInit`: begin with the initialisation segment after a discontinuity, for players that do not
   *   load it again
   */
  segment(number: number, { repeatInit = false } = {}): Buffer | undefined {
    const at = this.#whole.findIndex((segment) => segment.number === number);
    const [before, segment] = [this.#whole[at - 1], this.#whole[at]];
    if (segment === undefined) return undefined;
    const jumps = before !== undefined && before.discontinuity !== segment.discontinuity;
    const init = repeatInit && jumps ? this.#inits.get(segment.init) : undefined;
    return Buffer.concat([...(init === undefined ? [] : [init]), ...segment.parts.map(({ bytes }) => bytes)]);
  }

  /** One part of a segment, from 0. */
  part(number: number, part: number): Buffer | undefined {
    return this.#kept.find((segment) => segment.number === number)?.parts[part]?.bytes;
  }

  /** An initialisation segment by its number. */
  init(number: number): Buffer | undefined {
    return this.#inits.get(number);
  }

  /** Forgets all frames; the numbers go on. */
  clear(): void {
    this.#whole = [];
    this.#open = null;
    this.#inits.clear();
    this.#init = noBytes;
    this.#target = leastTarget;
    this.#forgetPending();
    this.#audio = [];
    this.#end = null;
    this.#interrupted = false;
  }

  get #kept(): readonly HlsSegment[] {
    return this.#open === null ? this.#whole : [...this.#whole, this.#open];
  }

  #begin({ place, init, capturedAt }: HlsFrame, jumps: boolean): void {
    this.#endSegment();
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    if (jumps) this.#discontinuity += 1;
    if (init !== this.#init) {
      this.#init = init;
      this.#initNumber = number;
      this.#inits.set(number, init);
    }
    this.#open = {
      number,
      init: this.#initNumber,
      discontinuity: this.#discontinuity,
      startsAt: capturedAt - (place.duration / timescale) * 1_000,
      parts: [],
      duration: 0,
      independent: place.keyframe,
    };
  }

  #endPart(): void {
    if (this.#open === null || this.#pending.length === 0) return;
    this.#open.parts.push({
      bytes: Buffer.concat(this.#pending),
      duration: this.#pendingDuration,
      independent: this.#pendingBegins,
    });
    this.#open.duration += this.#pendingDuration;
    this.#forgetPending();
  }

  #endSegment(): void {
    this.#endPart();
    if (this.#open === null) return;
    this.#target = Math.max(this.#target, Math.round(this.#open.duration));
    this.#whole = [...lasting([...this.#whole, this.#open], this.#target * keptTargets)];
    this.#open = null;
    while (this.#whole.length > 2 && sizeOf(this.#whole) > mostBytes) this.#whole.shift();
    this.#firstListed = this.listed[0]?.number ?? this.#firstListed;
    for (const init of this.#inits.keys()) {
      if (init !== this.#initNumber && !this.#whole.some((segment) => segment.init === init)) this.#inits.delete(init);
    }
  }

  #forgetPending(): void {
    this.#pending = [];
    this.#pendingDuration = 0;
  }
}

/** The fewest of the last segments that last this many seconds; all if there are not enough. */
function lasting(segments: readonly HlsSegment[], seconds: number): readonly HlsSegment[] {
  let sum = 0;
  const first = segments.findLastIndex(({ duration }) => (sum += duration) >= seconds);
  return first === -1 ? segments : segments.slice(first);
}

function sizeOf(segments: readonly HlsSegment[]): number {
  return segments.reduce((sum, { parts }) => parts.reduce((all, { bytes }) => all + bytes.length, sum), 0);
}

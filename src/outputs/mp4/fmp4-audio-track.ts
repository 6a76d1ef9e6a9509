import type { Frame } from '../../domain/frame.ts';
import { samplesOf, type AudioCodec, audioRate } from '../../domain/audio.ts';
import { EncodedFrames } from '../../fanout/encoded-frames.ts';
import { audioFragment, audioInit, type AudioPlace } from '../../formats/fmp4/audio.ts';

/** Pieces that are off by no more than this follow each other without a gap, in ticks: times are rounded. */
const tolerance = audioRate / 100;

/** One Broadcast of sound as a track of fragmented MP4, shared by all who listen. */
export class Fmp4AudioTrack {
  readonly codec: AudioCodec;
  /** What a decoder needs first, where there is sound alone. */
  readonly init: Buffer;
  readonly #origin: number;
  readonly #places = new WeakMap<Frame, AudioPlace>();
  readonly #fragments = new EncodedFrames((frame) => audioFragment(this.codec, this.place(frame), frame.bytes));
  #number = 0;
  /** Where the last piece ends, in ticks. */
  #end = -Infinity;

  /** @param origin where time 0 is, in milliseconds of the monotonic clock; the same as of the pictures */
  constructor(codec: AudioCodec, origin: number) {
    this.codec = codec;
    this.#origin = origin;
    this.init = audioInit(codec);
  }

  /** Where a piece stands; pieces are to be asked for first in their order. */
  place(frame: Frame): AudioPlace {
    const known = this.#places.get(frame);
    if (known !== undefined) return known;
    const captured = Math.max(0, Math.round(((frame.capturedAt - this.#origin) * audioRate) / 1_000));
    const start = captured > this.#end + tolerance ? captured : this.#end;
    this.#number += 1;
    const place = { number: this.#number, start };
    this.#end = start + samplesOf[this.codec];
    this.#places.set(frame, place);
    return place;
  }

  /** A piece's fragment. */
  fragment(frame: Frame): Buffer {
    return this.#fragments.of(frame);
  }
}

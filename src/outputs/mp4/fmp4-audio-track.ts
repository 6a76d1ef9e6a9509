import type { Frame } from '../../domain/frame.ts';
import { samplesOf, type SoundCodec, soundRate } from '../../domain/audio.ts';
import { EncodedFrames } from '../../fanout/encoded-frames.ts';
import { soundFragment, soundInit, type SoundPlace } from '../../formats/fmp4/audio.ts';

/** Pieces that are off by no more than this follow each other without a gap, in ticks: times are rounded. */
const tolerance = soundRate / 100;

/** One Broadcast of sound as a track of fragmented MP4, shared by all who listen. */
export class Fmp4SoundTrack {
  readonly codec: SoundCodec;
  /** What a decoder needs first, where there is sound alone. */
  readonly init: Buffer;
  readonly #origin: number;
  readonly #places = new WeakMap<Frame, SoundPlace>();
  readonly #fragments = new EncodedFrames((frame) => soundFragment(this.codec, this.place(frame), frame.bytes));
  #number = 0;
  /** Where the last piece ends, in ticks. */
  #end = -Infinity;

  /** @param origin where time 0 is, in milliseconds of the monotonic clock; the same as of the pictures */
  constructor(codec: SoundCodec, origin: number) {
    this.codec = codec;
    this.#origin = origin;
    this.init = soundInit(codec);
  }

  /** Where a piece stands; pieces are to be asked for first in their order. */
  place(frame: Frame): SoundPlace {
    const known = this.#places.get(frame);
    if (known !== undefined) return known;
    const captured = Math.max(0, Math.round(((frame.capturedAt - this.#origin) * soundRate) / 1_000));
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

import type { Frame } from '../../domain/media/frame.ts';
import { samplesOf, type AudioCodec, audioRate } from '../../domain/media/audio.ts';
import { EvenTicks } from '../../domain/even-ticks.ts';
import { PerFrame } from '../../fanout/per-frame.ts';
import { audioFragment, audioInit, type AudioPlace } from '../../formats/fmp4/audio.ts';

/** One Broadcast of audio as a track of fragmented MP4, shared by all listeners. */
export class Fmp4AudioTrack {
  readonly codec: AudioCodec;
  /** The initialisation segment of a file with this audio alone. */
  readonly init: Buffer;
  readonly #origin: number;
  readonly #places = new WeakMap<Frame, AudioPlace>();
  readonly #fragments = new PerFrame((frame) => audioFragment(this.codec, this.place(frame), frame.bytes));
  readonly #ticks: EvenTicks;
  #number = 0;

  /** @param origin where time 0 is, in milliseconds of the monotonic clock; the same as that of the video */
  constructor(codec: AudioCodec, origin: number) {
    this.codec = codec;
    this.#origin = origin;
    this.#ticks = new EvenTicks(audioRate, samplesOf[codec]);
    this.init = audioInit(codec);
  }

  /** The place of a frame in the track. Call it for the frames in their order first. */
  place(frame: Frame): AudioPlace {
    const known = this.#places.get(frame);
    if (known !== undefined) return known;
    const captured = Math.max(0, Math.round(((frame.capturedAt - this.#origin) * audioRate) / 1_000));
    this.#number += 1;
    // A camera's clock that is fast makes more audio than fits: now and then a frame begins a little before the end of the
    // last one, but never before its begin.
    const earliest = this.#ticks.end - samplesOf[this.codec] + 1;
    const place = { number: this.#number, start: this.#ticks.place(Math.max(captured, earliest)) };
    this.#places.set(frame, place);
    return place;
  }

  /** The fragment of a frame. */
  fragment(frame: Frame): Buffer {
    return this.#fragments.of(frame);
  }
}

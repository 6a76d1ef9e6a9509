import { monotonicNow } from '../../domain/clock.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { AudioCodec } from '../../domain/media/audio.ts';
import { nalUnits, parameterSetsOf, sameParameterSets, type ParameterSets } from '../../formats/h264/h264.ts';
import { PerFrame } from '../../fanout/per-frame.ts';
import { Fmp4AudioTrack } from './fmp4-audio-track.ts';
import {
  fragment,
  type InitOptions,
  initSegment,
  planFragment,
  type Sample,
  timescale,
} from '../../formats/fmp4/video.ts';

const ticksPerMillisecond = timescale / 1_000;
/** How long the first frame lasts, in ticks. */
const firstDuration = timescale / 30;
/** After a longer pause than this, the track continues at the current time, in ticks. */
const longestPause = timescale;

const noBytes = Buffer.alloc(0);

/**
 * One H.264 Broadcast as a track of fragmented MP4, shared by all its viewers.
 *
 * The duration of a frame is known only when the next one arrives, but no frame should wait for that. So each frame
 * lasts from the capture of the previous frame to its own. Nobody sees the shift, and the track has no gaps. A browser
 * that finds a gap of two frames drops everything up to the next keyframe (Media Source Extensions, 3.5.8, coded frame
 * processing, step 6).
 */
export class Fmp4Track {
  readonly #places = new WeakMap<Frame, Sample>();
  readonly #plans = new PerFrame((frame) => planFragment(frame.bytes), { keep: 'last' });
  readonly #inits = new PerFrame((frame) => this.#initFor(frame));
  #init: Buffer = noBytes;
  /** Initialisation segments with options, and the plain one that each was made for. */
  readonly #withOptions = new Map<string, { readonly plain: Buffer; readonly init: Buffer }>();
  #sets: ParameterSets | null = null;
  #number = 0;
  readonly #origin: number;
  /** Where the last frame ends, in ticks; null before the first. */
  #end: number | null = null;
  /** How long it lasts. */
  #duration = firstDuration;

  /** @param origin where time 0 is, in milliseconds of the monotonic clock; nothing was captured earlier */
  constructor(origin: number) {
    this.#origin = origin;
  }

  /** The place of a frame in the track. Call it for each frame, first in their order. */
  place(frame: Frame): Sample {
    const known = this.#places.get(frame);
    if (known !== undefined) return known;
    const captured = Math.round((frame.capturedAt - this.#origin) * ticksPerMillisecond);
    const before = this.#end ?? Math.max(0, captured - firstDuration);
    const end = Math.max(before + 1, captured);
    const paused = frame.keyframe && end - before > longestPause;
    const start = paused ? end - Math.min(this.#duration, longestPause) : before;
    const place = { number: (this.#number += 1), start, duration: end - start, keyframe: frame.keyframe };
    this.#end = end;
    this.#duration = place.duration;
    this.#places.set(frame, place);
    return place;
  }

  /**
   * The fragment of a frame, in new memory.
   *
   * @param origin where the viewer's time 0 is, in ticks; at most the frame's start
   */
  fragment(frame: Frame, origin = 0): Buffer {
    const { number, start, duration, keyframe } = this.place(frame);
    return fragment({ number, start: start - origin, duration, keyframe }, this.#plans.of(frame));
  }

  /** The initialisation segment that a keyframe needs: the same buffer as for the one before while nothing changes. */
  init(keyframe: Frame, options: InitOptions = {}): Buffer {
    const plain = this.#inits.of(keyframe);
    const { audio, frameDuration } = options;
    if ((audio === undefined && frameDuration === undefined) || this.#sets === null) return plain;
    const key = `${audio} ${frameDuration}`;
    const present = this.#withOptions.get(key);
    if (present?.plain === plain) return present.init;
    const init = initSegment(this.#sets, options) ?? plain;
    this.#withOptions.set(key, { plain, init });
    return init;
  }

  #initFor({ bytes }: Frame): Buffer {
    const sets = parameterSetsOf(nalUnits(bytes));
    if (sets === null || (this.#sets !== null && sameParameterSets(sets, this.#sets))) return this.#init;
    this.#init = initSegment(sets) ?? this.#init;
    this.#sets = sets;
    return this.#init;
  }
}

/**
 * The MP4 tracks of a server, by the numbers of their Broadcasts. All have the same time 0, so that a player can change
 * the size of a camera within one buffer.
 */
export class Fmp4Tracks {
  readonly #tracks = new Map<number, Fmp4Track>();
  readonly #audios = new Map<number, Fmp4AudioTrack>();
  readonly #origin = monotonicNow();

  /** @param stream the Broadcast's number */
  of(stream: number): Fmp4Track {
    let track = this.#tracks.get(stream);
    if (track === undefined) {
      track = new Fmp4Track(this.#origin);
      this.#tracks.set(stream, track);
    }
    return track;
  }

  /** The same for a Broadcast of audio. */
  audio(stream: number, codec: AudioCodec): Fmp4AudioTrack {
    let track = this.#audios.get(stream);
    if (track === undefined) {
      track = new Fmp4AudioTrack(codec, this.#origin);
      this.#audios.set(stream, track);
    }
    return track;
  }
}

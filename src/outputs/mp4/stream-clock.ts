import { audioRate } from '../../domain/media/audio.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { earlier } from '../../formats/fmp4/earlier.ts';
import { timescale } from '../../formats/fmp4/video.ts';
import type { Fmp4AudioTrack } from './fmp4-audio-track.ts';
import type { Fmp4Track } from './fmp4-track.ts';

/**
 * The times of one viewer's stream: they begin at 0 with its first frame. The tracks count from the server's start, and
 * some players take that for the position in a recording: VLC ends a stream that is past its `--run-time`.
 *
 * Each viewer gets its own copy of a fragment, which takes 3 µs for 12 kB. Shared bytes would need a second write for
 * each frame, which sends the time apart from the rest.
 */
export class StreamClock {
  /** The start of the first frame in ticks of the video track; null before it. */
  #origin: number | null = null;

  /** A frame's fragment; the first call sets time 0. */
  video(track: Fmp4Track, frame: Frame): Buffer {
    this.#origin ??= track.place(frame).start;
    return track.fragment(frame, this.#origin);
  }

  /** The fragment of some audio; null for audio from before the first frame. */
  audio(track: Fmp4AudioTrack, frame: Frame): Buffer | null {
    const { start } = track.place(frame);
    const origin = Math.round(((this.#origin ?? Infinity) / timescale) * audioRate);
    return start < origin ? null : earlier(track.fragment(frame), origin);
  }
}

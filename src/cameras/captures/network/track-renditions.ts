import type { Frame } from '../../../domain/media/frame.ts';
import type { WantedRendition } from '../../../domain/media/media.ts';
import type { OpenTranscoding, Transcoding, TranscodingOptions } from '../transcoding/transcoding.ts';
import type { AudioTrack, VideoTrack } from '../../../domain/media/tracks.ts';

/** Options of {@link TrackRenditions}. */
export interface TrackRenditionsOptions extends Pick<TranscodingOptions, 'camera' | 'log' | 'events'> {
  readonly open: OpenTranscoding;
  /** The frames that a viewer or decoder has to start with; left out if they start with any frame. */
  readonly begin?: () => readonly Frame[];
}

/** The Renditions of one track: some get its frames as they are, and a Transcoding makes the others, while there are any. */
export class TrackRenditions {
  readonly #options: TrackRenditionsOptions;
  #track: VideoTrack | AudioTrack | null = null;
  /** The ids of those that get the frames as they are. */
  #direct: readonly number[] = [];
  /** Those of them that have got the frames to start with. */
  #begun: ReadonlySet<number> = new Set();
  #transcoding: Transcoding | null = null;

  constructor(options: TrackRenditionsOptions) {
    this.#options = options;
  }

  /** Sets the track that {@link want} and {@link take} are about; null without one. */
  follow(track: VideoTrack | AudioTrack | null): void {
    this.close();
    this.#track = track;
  }

  /**
   * Sets the Renditions in demand.
   *
   * @param direct those that get the frames as they are
   * @param encoded those that are encoded
   */
  want(direct: readonly WantedRendition[], encoded: readonly WantedRendition[]): void {
    this.#direct = direct.map(({ id }) => id);
    this.#begun = this.#begun.intersection(new Set(this.#direct));
    // Viewers expect no frame while they subscribe.
    if (this.#direct.length > this.#begun.size) queueMicrotask(() => this.#beginAll());
    if (encoded.length === 0) this.#stop();
    else if (this.#transcoding !== null) this.#transcoding.want(encoded);
    else if (this.#track !== null) this.#transcoding = this.#start(this.#track, encoded);
  }

  /** Takes the next frame of the track, which {@link TrackRenditionsOptions.begin} contains already. */
  take(frame: Frame): void {
    const { begin, events } = this.#options;
    for (const id of this.#direct) {
      if (begin === undefined || this.#begun.has(id)) events.frame(id, frame);
      else this.#begin(id, begin());
    }
    this.#transcoding?.take(frame);
  }

  /** Asks for a keyframe of an encoded Rendition. */
  requestKeyframe(id: number): void {
    this.#transcoding?.requestKeyframe(id);
  }

  /** Ends all of them. */
  close(): void {
    this.#stop();
    this.#direct = [];
    this.#begun = new Set();
  }

  #beginAll(): void {
    const frames = this.#options.begin?.() ?? [];
    for (const id of this.#direct) if (!this.#begun.has(id)) this.#begin(id, frames);
  }

  #begin(id: number, frames: readonly Frame[]): void {
    if (frames.length === 0) return;
    this.#begun = new Set([...this.#begun, id]);
    for (const frame of frames) this.#options.events.frame(id, frame);
  }

  #start(track: VideoTrack | AudioTrack, renditions: readonly WantedRendition[]): Transcoding {
    const { open, begin = () => [], ...options } = this.#options;
    return open({ ...options, begin, track, renditions });
  }

  #stop(): void {
    if (this.#transcoding === null) return;
    this.#transcoding.close();
    this.#transcoding = null;
    this.#options.events.warning(null);
  }
}

import { isAudio } from '../../../domain/media/audio.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import { Gop } from '../../../domain/media/gop.ts';
import type { WantedRendition } from '../../../domain/media/media.ts';
import { isPassthrough, type VideoCodec } from '../../../domain/media/rendition.ts';
import type { Size } from '../../../domain/media/size.ts';
import type { VideoTrack } from '../../../domain/media/tracks.ts';
import { PlayableH264 } from './playable-h264.ts';
import { TrackRenditions, type TrackRenditionsOptions } from './track-renditions.ts';

/** The video Renditions of a camera whose video is read in the server process. */
export class VideoRenditions {
  readonly #renditions: TrackRenditions;
  /** The frames that viewers and decoders start with. Each JPEG is a whole GOP. */
  readonly #gop = new Gop();
  #wanted: readonly WantedRendition[] = [];
  #track: VideoTrack | null = null;
  #playable = new PlayableH264();
  #passthrough: VideoCodec | null = null;
  #size: Size = { width: 0, height: 0 };

  constructor(options: Omit<TrackRenditionsOptions, 'begin'>) {
    this.#renditions = new TrackRenditions({ ...options, begin: () => this.#gop.frames });
  }

  /** The codec in which the frames are passed through; null if all Renditions are encoded. */
  get passthrough(): VideoCodec | null {
    return this.#passthrough;
  }

  /** The size of the frames, in pixels. */
  get size(): Size {
    return this.#size;
  }

  /** Sets the camera's track, which may have changed. */
  follow(track: VideoTrack): void {
    const { codec, width, height } = track;
    this.#size = { width, height };
    if (codec !== this.#track?.codec) {
      this.#gop.clear();
      this.#playable = new PlayableH264();
      this.#passthrough = codec === 'h265' ? null : codec;
      this.#renditions.follow(track);
    }
    this.#track = track;
    this.#assign();
  }

  /** Sets the Renditions in demand. */
  want(renditions: readonly WantedRendition[]): void {
    this.#wanted = renditions.filter(({ codec }) => !isAudio(codec));
    this.#assign();
  }

  /** Takes the next frame. @returns true if {@link passthrough} or {@link size} is another now */
  take(frame: Frame): boolean {
    const { width, height, keyframe } = frame;
    const isResized = keyframe && width > 0 && (width !== this.#size.width || height !== this.#size.height);
    const isUnplayable = this.#passthrough === 'h264' && !this.#playable.take(frame);
    if (isResized) this.#size = { width, height };
    if (isUnplayable) this.#passthrough = null;
    if (isResized || isUnplayable) this.#assign();
    this.#gop.add(frame);
    this.#renditions.take(frame);
    return isResized || isUnplayable;
  }

  /** Asks for a keyframe of a Rendition; the camera makes its own when it likes. */
  requestKeyframe(id: number): void {
    this.#renditions.requestKeyframe(id);
  }

  /** Ends all of them. */
  close(): void {
    this.#renditions.close();
    this.#gop.clear();
  }

  #assign(): void {
    if (this.#track === null) return;
    // The width is unknown before the first frame of some cameras.
    const width = this.#size.width || Infinity;
    const isDirect = (rendition: WantedRendition) => isPassthrough(rendition, this.#passthrough, width);
    const direct = this.#wanted.filter(isDirect);
    this.#renditions.want(
      direct,
      this.#wanted.filter((each) => !direct.includes(each)),
    );
  }
}

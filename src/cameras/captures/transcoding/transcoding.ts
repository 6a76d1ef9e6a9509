import type { DropReason, WantedRendition } from '../../../domain/media/media.ts';
import type { Problem } from '../../../domain/errors.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { Logger } from '../../../domain/logger.ts';
import type { Sentence } from '../../../messages/sentence.ts';
import type { AudioTrack, VideoTrack } from '../../../domain/media/tracks.ts';

/** Decodes one track of a camera that is read in the server, and encodes it for Renditions. It retries until it is closed. */
export interface Transcoding {
  /** Changes the Renditions to make; at least one. */
  want(renditions: readonly WantedRendition[]): void;
  /** Takes the next frame of the track. Never waits: frames that can't be taken in time are dropped. */
  take(frame: Frame): void;
  /** Asks for a keyframe of a Rendition. */
  requestKeyframe(rendition: number): void;
  /** Ends it. Idempotent. */
  close(): void;
}

/** Opens a Transcoding. Returns at once; everything else is reported through {@link TranscodingOptions.events}. */
export type OpenTranscoding = (options: TranscodingOptions) => Transcoding;

/** Options of {@link OpenTranscoding}. */
export interface TranscodingOptions {
  /** Stands for the camera, also for its later Captures. Its tracks share a process. */
  readonly camera: object;
  readonly track: VideoTrack | AudioTrack;
  /** The Renditions to make at first; at least one. */
  readonly renditions: readonly WantedRendition[];
  /** The frames so far that a decoder has to start with, such as the GOP; the newest one is the last. */
  readonly begin: () => readonly Frame[];
  readonly events: TranscodingEvents;
  readonly log: Logger;
}

/** Events of a Transcoding. None follow {@link Transcoding.close}. */
export interface TranscodingEvents {
  frame(rendition: number, frame: Frame): void;
  /** Frames that were taken, but not encoded. */
  dropped(reason: DropReason, count: number): void;
  /** Why some Renditions get no frames while others do, in a sentence; null once all get them. */
  warning(warning: string | Sentence | null): void;
  /** No Rendition gets frames, for this reason. It is tried again. */
  failed(problem: Problem): void;
}

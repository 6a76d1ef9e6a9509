import type { PortholeError } from '../../../domain/errors.ts';
import type { Logger } from '../../../domain/logger.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { DropReason } from '../../../domain/media/media.ts';
import type { AudioTrack, VideoTrack } from '../../../domain/media/tracks.ts';
import type { ResolvedSource } from '../../../domain/cameras/source.ts';

/** Reads a camera's media in the server process. It decodes nothing and never retries. */
export interface MediaSource {
  /** Ends it. Resolves once its sockets are closed. Idempotent. */
  close(): Promise<void>;
}

/** Opens a MediaSource. Returns at once; everything else is reported through {@link MediaOptions.events}. */
export type OpenMedia = (options: MediaOptions) => MediaSource;

/** Options of {@link OpenMedia}. */
export interface MediaOptions {
  readonly source: ResolvedSource;
  readonly events: MediaEvents;
  /** Ends it as {@link MediaSource.close} does, also while it connects. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Events of a MediaSource. Nothing follows `ended`. */
export interface MediaEvents {
  /** What it delivers: once before the first frame, and again when it changes. */
  tracks(tracks: MediaTracks): void;
  /** A frame arrived that cannot be decoded, because the first keyframe is still to come. It counts as captured. */
  waiting(): void;
  /** A JPEG, or an H.264 or H.265 access unit in Annex B format, with the parameter sets if it is a keyframe. */
  video(frame: Frame): void;
  /** A raw AAC frame, an Opus packet, or G.711 samples. */
  audio(frame: Frame): void;
  /** Frames that arrived, but damaged. */
  dropped(reason: DropReason, count: number): void;
  ended(end: MediaEnd): void;
}

/** Why a MediaSource ended: its owner closed it, it failed, or FFmpeg has to read this camera, for the reason given. */
export type MediaEnd =
  | { readonly reason: 'closed' }
  | { readonly reason: 'failed'; readonly error: PortholeError }
  | { readonly reason: 'unsupported'; readonly detail: string };

/** The tracks of a MediaSource. */
export interface MediaTracks {
  readonly video: VideoTrack;
  /** Null without audio, and until its first packet: some cameras announce audio and never send it. */
  readonly audio: AudioTrack | null;
  /** True while audio is announced, but no packet of it has arrived. */
  readonly awaitsAudio?: boolean;
}

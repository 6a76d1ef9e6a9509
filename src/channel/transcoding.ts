import type { Problem } from '../domain/errors.ts';
import type { H264EncoderChoice } from '../domain/media/h264-encoder.ts';
import type { DropReason, VideoFormat, WantedRendition } from '../domain/media/media.ts';
import type { AudioTrack, VideoTrack } from '../domain/media/tracks.ts';
import type { FromCapture } from './messages.ts';

/**
 * The messages between the server and a transcoder, over Node's IPC with structured clones. Frames travel over two pipes, in
 * the format of frames.ts. A feed is one track of one camera; its number is never used again.
 */

/** From the server to a transcoder. */
export type ToTranscoder =
  /** The first message. */
  | {
      readonly type: 'start';
      readonly h264Encoder: H264EncoderChoice;
      /** The server's own files and folders, which the process must not be able to read. */
      readonly hidden: readonly string[];
    }
  | {
      readonly type: 'open';
      readonly feed: number;
      readonly track: VideoTrack | AudioTrack;
      readonly renditions: readonly WantedRendition[];
    }
  | { readonly type: 'renditions'; readonly feed: number; readonly renditions: readonly WantedRendition[] }
  | { readonly type: 'keyframe'; readonly feed: number; readonly rendition: number }
  | { readonly type: 'close'; readonly feed: number };

/** From a transcoder to the server. */
export type FromTranscoder =
  /** The feed takes frames from now on. */
  | { readonly type: 'opened'; readonly feed: number }
  /** Counts since the last one. */
  | { readonly type: 'dropped'; readonly feed: number; readonly dropped: Readonly<Partial<Record<DropReason, number>>> }
  /** Why some Renditions get no frames; null if all get them. */
  | { readonly type: 'warning'; readonly feed: number; readonly warning: VideoFormat['warning'] | null }
  /** Why the feed has ended. */
  | { readonly type: 'failed'; readonly feed: number; readonly problem: Problem }
  | Extract<FromCapture, { readonly type: 'log' }>;

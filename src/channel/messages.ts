import type { Control, ControlRequest } from '../domain/cameras/control.ts';
import type { Problem } from '../domain/errors.ts';
import type { H264EncoderChoice } from '../domain/media/h264-encoder.ts';
import type { DropReason, VideoFormat, WantedRendition } from '../domain/media/media.ts';
import type { Mode } from '../domain/cameras/mode.ts';
import type { ResolvedSource } from '../domain/cameras/source.ts';

/**
 * The messages between the server and a capture process, over Node's IPC. Frames travel over a pipe: see frames.ts.
 */

/** From the server to the capture process. */
export type ToCapture =
  | {
      readonly type: 'open';
      readonly source: ResolvedSource;
      readonly renditions: readonly WantedRendition[];
      readonly h264Encoder: H264EncoderChoice;
      /** The server's own files and folders, which the process must not be able to read. */
      readonly hidden: readonly string[];
    }
  | { readonly type: 'renditions'; readonly renditions: readonly WantedRendition[] }
  /**
   * Asks for a keyframe of this Rendition. The encoder limits how many it makes; a source that is passed through makes its
   * own.
   */
  | { readonly type: 'keyframe'; readonly rendition: number }
  /** Answered by a `controls` message with the same number. */
  | { readonly type: 'controls'; readonly number: number; readonly request: ControlRequest }
  | { readonly type: 'close' };

/** From the capture process to the server. */
export type FromCapture =
  /** The process runs and is opening the source. */
  | { readonly type: 'opening' }
  /** The source is open and its first frame has been read. */
  | { readonly type: 'ready'; readonly video: VideoFormat }
  /** The source has another size or format now. */
  | { readonly type: 'changed'; readonly video: VideoFormat }
  /** About once a second while open; counts since the last one. */
  | {
      readonly type: 'stats';
      readonly captured: number;
      readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
    }
  /** The answer to the request of this number. */
  | { readonly type: 'controls'; readonly number: number; readonly reply: ControlReply }
  /** Why the process is about to exit. */
  | { readonly type: 'failed'; readonly problem: Problem }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string };

/** The controls after a request, or why it was refused. */
export type ControlReply =
  { readonly ok: true; readonly controls: readonly Control[] } | { readonly ok: false; readonly problem: Problem };

/** A capture device as a child process finds it; the server adds its stable path. */
export interface FoundDevice {
  /** `/dev/videoN`. */
  readonly node: string;
  readonly name: string;
  /** Where it is plugged in; null if it may not be opened. */
  readonly bus: string | null;
  readonly modes: readonly Mode[];
}

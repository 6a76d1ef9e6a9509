import type { Control, ControlRequest, ControlValues } from '../domain/control.ts';
import type { Problem } from '../domain/errors.ts';
import type { Mode } from '../domain/mode.ts';
import type { H264EncoderChoice } from '../domain/h264-encoder.ts';
import type { Codec, VideoCodec } from '../domain/rendition.ts';
import type { Source } from '../domain/source.ts';

/**
 * What the server and a capture process say to each other over Node's IPC. Frames travel beside it, over a pipe: see
 * frames.ts.
 */

/** A Rendition that the capture process shall deliver. */
export interface WantedRendition {
  /** Names it in the frames' headers; never used twice for one Capture. */
  readonly id: number;
  readonly codec: Codec;
  /** Pixels, or the source's own size. */
  readonly width: number | 'source';
}

/** A Source made ready for opening: names resolved and checked by the server. */
export interface ResolvedSource {
  readonly source: Source;
  /** For a network source: its host's IP addresses, checked. */
  readonly addresses?: readonly string[];
  /** For a device: what its controls are set to before its first picture. */
  readonly controls?: ControlValues;
  /** For a device: open its largest Mode, whatever the source asks for. */
  readonly largest?: true;
}

/** From the server to the capture process. */
export type ToCapture =
  | {
      readonly type: 'open';
      readonly source: ResolvedSource;
      readonly renditions: readonly WantedRendition[];
      readonly h264Encoder: H264EncoderChoice;
    }
  | { readonly type: 'renditions'; readonly renditions: readonly WantedRendition[] }
  /**
   * The next picture of this Rendition shall be a keyframe, or the first one that may be: the encoder makes few of them.
   * A source whose own pictures go out untouched makes its keyframes when it likes.
   */
  | { readonly type: 'keyframe'; readonly rendition: number }
  /** Answered by a `controls` message with the same number. */
  | { readonly type: 'controls'; readonly number: number; readonly request: ControlRequest }
  | { readonly type: 'close' };

/** From the capture process to the server. */
export type FromCapture =
  /** The process runs, and opens the source now. */
  | { readonly type: 'opening' }
  /** The source is open and its first picture has been read. */
  | { readonly type: 'ready'; readonly video: VideoFormat }
  /** The source's picture has another size or format now. */
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

/** What the source delivers. */
export interface VideoFormat {
  /** FFmpeg's name of the codec or raw pixel format: `mjpeg`, `h264`, `yuyv422`. */
  readonly format: string;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** What the source says its rate is, in frames per second; null if it does not. */
  readonly fps: number | null;
  /** The codec in which the source's own pictures go out untouched; left out if everything is encoded. */
  readonly passthrough?: VideoCodec;
  /** True if the source has sound as well. */
  readonly audio?: true;
  /** Why this is not the Mode that was asked for, in a sentence. */
  readonly warning?: string;
  /** The size of the largest Mode of a device, in pixels. */
  readonly largest?: { readonly width: number; readonly height: number };
}

/**
 * Why a captured picture did not become a Frame:
 *
 * - `corrupt`: cut short or damaged;
 * - `encoder`: the encoder was still busy with an earlier one;
 * - `pipe`: the server had not taken the earlier one from the pipe;
 * - `overload`: the server had not given the earlier one to all viewers, and went on with a newer one. Counted there.
 */
export type DropReason = 'corrupt' | 'encoder' | 'pipe' | 'overload';

/** All reasons, for metrics. */
export const dropReasons = ['corrupt', 'encoder', 'pipe', 'overload'] as const satisfies readonly DropReason[];

/** A capture device as the capture side finds it; the server adds its stable name. */
export interface FoundDevice {
  /** `/dev/videoN`. */
  readonly node: string;
  readonly name: string;
  /** Where it is plugged in; null for one that was not to be opened. */
  readonly bus: string | null;
  readonly modes: readonly Mode[];
}

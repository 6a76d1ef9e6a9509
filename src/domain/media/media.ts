import type { Sentence } from '../../messages/sentence.ts';
import type { Codec, VideoCodec } from './rendition.ts';

/** A Rendition that a Capture delivers. */
export interface WantedRendition {
  /** Identifies it to the Capture, which is never given the same id for another Rendition. */
  readonly id: number;
  readonly codec: Codec;
  /** Pixels, or the source's own size. */
  readonly width: number | 'source';
  /** Set for an extra Rendition under overload: it is encoded for each n-th frame only. */
  readonly every?: number;
}

/** The video that a source delivers. */
export interface VideoFormat {
  /** FFmpeg's name of the codec or raw pixel format: `mjpeg`, `h264`, `yuyv422`. */
  readonly format: string;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** The frame rate that the source states, in frames per second; null if it states none. */
  readonly fps: number | null;
  /** The codec that is passed through; missing if everything is encoded. */
  readonly passthrough?: VideoCodec;
  /** True if the source has audio as well. */
  readonly audio?: true;
  /** True while the source has announced audio that may still arrive. */
  readonly awaitsAudio?: true;
  /** Why this is not the Mode that was asked for, in a sentence. */
  readonly warning?: string | Sentence;
  /** The camera's second, smaller stream, while it is open. */
  readonly substream?: SubstreamFormat;
  /** True if this is the video of that stream, because the other one has never been open. */
  readonly isSubstream?: true;
  /** The size of the device's largest Mode, in pixels. */
  readonly largest?: { readonly width: number; readonly height: number };
}

/** The video of a camera's second, smaller stream. */
export interface SubstreamFormat {
  /** Pixels. */
  readonly width: number;
  /** The codec that is passed through; missing if everything is encoded. */
  readonly passthrough?: VideoCodec;
}

/** All reasons, for metrics. */
export const dropReasons = ['corrupt', 'encoder', 'pipe', 'overload'] as const;

/**
 * Why a captured frame was not delivered:
 *
 * - `corrupt`: it was cut short or damaged;
 * - `encoder`: the encoder was still busy with an earlier one;
 * - `pipe`: the server had not yet read the earlier one from the pipe;
 * - `overload`: the server had not yet sent the earlier one to all viewers, and continued with a newer one.
 */
export type DropReason = (typeof dropReasons)[number];

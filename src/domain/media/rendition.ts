import { isAudio, type AudioCodec } from './audio.ts';
import type { Size } from './size.ts';

/** The codec of a video Rendition: intra-coded (JPEG) or inter-coded (H.264). */
export type VideoCodec = 'jpeg' | 'h264';

/** The codec of a Rendition. */
export type Codec = VideoCodec | AudioCodec;

/**
 * One encoding of a Camera. The width `source` means the source's own size: passed through if the source delivers this
 * codec, else encoded once. Audio has one Rendition per codec, with the width `source`.
 */
export interface Rendition {
  readonly codec: Codec;
  /** Width in pixels from the {@link ladder}, or `source`. */
  readonly width: number | 'source';
}

/**
 * The widths that Renditions snap to, in pixels, so that many Viewers with windows of different sizes share few
 * encodes.
 */
export const ladder = [320, 480, 640, 960, 1280, 1920] as const;

/** JPEG in the source's own size: the default. */
export const sourceRendition: Rendition = { codec: 'jpeg', width: 'source' };

/** The audio Renditions. */
const audioRenditions: Readonly<Record<AudioCodec, Rendition>> = {
  aac: { codec: 'aac', width: 'source' },
  opus: { codec: 'opus', width: 'source' },
};

/** H.264 in the source's own size. */
const h264SourceRendition: Rendition = { codec: 'h264', width: 'source' };

/** Returns a key that is equal for equal Renditions. */
export function renditionKey(rendition: Rendition): string {
  return isAudio(rendition.codec) ? rendition.codec : `${rendition.codec}-${rendition.width}`;
}

/** Returns the widths that a source of this width offers: the ladder below it, and its own width. */
export function offeredWidths(sourceWidth: number): readonly number[] {
  return [...ladder.filter((width) => width < sourceWidth), sourceWidth];
}

/** The widest step of the ladder that a stream of this width satisfies, in pixels; the first step if none. */
export function widestStep(sourceWidth: number): number {
  return ladder.findLast((width) => width <= sourceWidth) ?? ladder[0];
}

/**
 * Returns the Rendition for a wanted width in pixels: the smallest step of the ladder that is at least as wide, or
 * `source` if that step is not below the source's own width. While the source's width is unknown (null), only the
 * ladder counts.
 */
export function renditionFor(
  wanted: number | 'source' | undefined,
  sourceWidth: number | null,
  codec: Codec = 'jpeg',
): Rendition {
  if (isAudio(codec)) return audioRenditions[codec];
  const source = codec === 'jpeg' ? sourceRendition : h264SourceRendition;
  if (wanted === undefined || wanted === 'source') return source;
  const step = ladder.find((width) => width >= wanted);
  if (step === undefined || (sourceWidth !== null && step >= sourceWidth)) return source;
  return { codec, width: step };
}

/**
 * True if a Rendition can be the source's own frames, passed through without encoding.
 *
 * @param passthrough the codec of the source's frames if browsers play it; else null
 * @param sourceWidth the width of the source's frames, in pixels
 */
export function isPassthrough({ codec, width }: Rendition, passthrough: Codec | null, sourceWidth: number): boolean {
  return codec === passthrough && (width === 'source' || width >= sourceWidth);
}

/** Returns the height that keeps the source's aspect ratio, rounded to an even number as encoders require. */
export function heightFor(width: number, source: Size): number {
  return Math.max(2, Math.round((width * source.height) / source.width / 2) * 2);
}

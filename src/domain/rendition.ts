import { isAudio, type AudioCodec } from './audio.ts';

/** How pictures are encoded: each by itself (JPEG), or most of them as what differs from the one before (H.264). */
export type VideoCodec = 'jpeg' | 'h264';

/** How pictures or sound are encoded. */
export type Codec = VideoCodec | AudioCodec;

/**
 * One encoding of a Camera. `source` is the source's own picture, in its own size: the bytes of a camera that delivers
 * this codec untouched, anything else encoded once. Sound has one Rendition for each codec, of the width `source`.
 */
export interface Rendition {
  readonly codec: Codec;
  /** Width in pixels from the {@link ladder}, or `source`. */
  readonly width: number | 'source';
}

/**
 * The widths that Renditions snap to, in pixels, so that a hundred Viewers of different windows share a few encodes.
 */
export const ladder = [320, 480, 640, 960, 1280, 1920] as const;

/** The source's own pictures as JPEG: what everybody gets who asks for nothing else. */
export const sourceRendition: Rendition = { codec: 'jpeg', width: 'source' };

/** The Renditions of sound. */
const audioRenditions: Readonly<Record<AudioCodec, Rendition>> = {
  aac: { codec: 'aac', width: 'source' },
  opus: { codec: 'opus', width: 'source' },
};

/** The source's own pictures as H.264. */
const h264SourceRendition: Rendition = { codec: 'h264', width: 'source' };

/** A name that two equal Renditions share. */
export function renditionKey(rendition: Rendition): string {
  return isAudio(rendition.codec) ? rendition.codec : `${rendition.codec}-${rendition.width}`;
}

/** The widths that a source of this width offers: the ladder below it, then its own width. */
export function offeredWidths(sourceWidth: number): readonly number[] {
  return [...ladder.filter((width) => width < sourceWidth), sourceWidth];
}

/**
 * The Rendition for a wanted width: the smallest step of the ladder that is at least as wide, `source` when there is
 * none below the source's own width. While the source's width is unknown (null) the ladder alone decides. Every codec
 * has the same widths.
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
 * True if a Rendition is the source's own pictures, which go out as they are.
 *
 * @param passthrough the codec of the source's pictures, if viewers take it; else null
 * @param sourceWidth their width, in pixels
 */
export function isPassthrough({ codec, width }: Rendition, passthrough: Codec | null, sourceWidth: number): boolean {
  return codec === passthrough && (width === 'source' || width >= sourceWidth);
}

/** The height for a width that keeps a picture's shape, even as encoders want it. */
export function heightFor(width: number, source: { readonly width: number; readonly height: number }): number {
  return Math.max(2, Math.round((width * source.height) / source.width / 2) * 2);
}

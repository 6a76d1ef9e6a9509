import type { SubstreamFormat, VideoFormat, WantedRendition } from './media.ts';
import { isPassthrough, type Rendition } from './rendition.ts';

/** True if a sub-stream is large enough for a Rendition. */
export function isOfSubstream({ width }: Pick<WantedRendition, 'width'>, substream: SubstreamFormat): boolean {
  return width !== 'source' && width <= substream.width;
}

/** True if a Rendition gets the camera's own frames: those of the main stream, or of the sub-stream for a small width. */
export function isUntouched(rendition: Rendition, { substream, passthrough, width }: VideoFormat): boolean {
  if (substream !== undefined && isOfSubstream(rendition, substream)) return rendition.codec === substream.passthrough;
  return isPassthrough(rendition, passthrough ?? null, width);
}

import type { VideoFormat } from '../channel/messages.ts';
import type { VideoCodec } from '../domain/rendition.ts';
import type { OpenSource } from './source.ts';

/**
 * What the server is told of a source's pictures.
 *
 * @param size as the pictures themselves have it, in pixels
 * @param passthrough the codec in which they go out as they are; null if all are encoded
 */
export function describeVideo(
  { video, audio }: OpenSource,
  size: { readonly width: number; readonly height: number },
  passthrough: VideoCodec | null,
): VideoFormat {
  return {
    ...video,
    ...size,
    ...(passthrough === null ? {} : { passthrough }),
    ...(audio === undefined ? {} : { audio: true }),
  };
}

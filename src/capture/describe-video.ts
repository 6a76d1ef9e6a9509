import type { VideoFormat } from '../domain/media.ts';
import type { VideoCodec } from '../domain/rendition.ts';
import type { Size } from '../domain/size.ts';
import type { OpenSource } from './source.ts';

/**
 * Describes a source's video to the server.
 *
 * @param size the size of the frames themselves, which may differ from what the source announced
 * @param passthrough the codec in which frames are passed through; null if every frame is encoded
 */
export function describeVideo(
  { video, audio }: OpenSource,
  { width, height }: Size,
  passthrough: VideoCodec | null,
): VideoFormat {
  return {
    ...video,
    width,
    height,
    ...(passthrough === null ? {} : { passthrough }),
    ...(audio === undefined ? {} : { audio: true }),
  };
}

import type { VideoFormat } from '../domain/media/media.ts';
import type { VideoCodec } from '../domain/media/rendition.ts';
import type { Size } from '../domain/media/size.ts';
import type { OpenSource } from './source.ts';

/**
 * Describes a source's video to the server.
 *
 * @param size the size of the frames themselves, which may differ from what the source announced
 * @param audio true if the source has audio; `awaited` while it is announced and may still arrive
 * @param passthrough the codec in which frames are passed through; null if every frame is encoded
 */
export function describeVideo(
  { video }: OpenSource,
  { width, height }: Size,
  { passthrough, audio }: { readonly passthrough: VideoCodec | null; readonly audio: boolean | 'awaited' },
): VideoFormat {
  return {
    ...video,
    width,
    height,
    ...(passthrough === null ? {} : { passthrough }),
    ...(audio === true ? { audio: true } : {}),
    ...(audio === 'awaited' ? { awaitsAudio: true } : {}),
  };
}

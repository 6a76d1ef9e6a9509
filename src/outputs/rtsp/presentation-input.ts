import { parseWidth } from '../../cameras/width-input.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { AudioCodec } from '../../domain/media/audio.ts';
import type { VideoCodec } from '../../domain/media/rendition.ts';

/** The parameters of an RTSP URL. */
export interface PresentationInput {
  readonly width: number | 'source';
  readonly codec: VideoCodec;
  /** The codec of audio, if the camera has any; null without audio. */
  readonly audio: AudioCodec | null;
}

const codecs = new Map<string, VideoCodec>([
  ['h264', 'h264'],
  ['avc', 'h264'],
  ['mjpeg', 'jpeg'],
  ['jpeg', 'jpeg'],
]);
const audioCodecs = new Map<string, AudioCodec | null>([
  ['1', 'aac'],
  ['aac', 'aac'],
  ['opus', 'opus'],
  ['0', null],
]);

/**
 * Reads `width`, `codec` and `audio` of a URL. Other parameters are ignored, since clients append their own.
 *
 * @throws {PortholeError} `invalid_input`, naming the field.
 */
export function presentationInput(query: URLSearchParams): PresentationInput {
  const codec = codecs.get((query.get('codec') ?? 'h264').toLowerCase());
  if (codec === undefined) {
    throw new PortholeError('invalid_input', { field: 'codec', message: 'codec is h264 or mjpeg.' });
  }
  const audio = audioCodecs.get((query.get('audio') ?? 'aac').toLowerCase());
  if (audio === undefined) {
    throw new PortholeError('invalid_input', { field: 'audio', message: 'audio is aac, opus, or 0 (without).' });
  }
  return { width: parseWidth(query.get('width') ?? undefined) ?? 'source', codec, audio };
}

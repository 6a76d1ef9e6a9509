import type { Cameras } from '../../cameras/cameras.ts';
import type { Fmp4Tracks } from './fmp4-track.ts';
import type { Mp4Audio } from './mp4-stream.ts';

/** A camera's audio as MP4, with the number of its Broadcast; undefined if it has none or if it isn't wanted. */
export function mp4AudioOf(
  cameras: Pick<Cameras, 'hasAudio' | 'rendition'>,
  tracks: Fmp4Tracks,
  camera: string,
  wanted: boolean,
): (Mp4Audio & { readonly stream: number }) | undefined {
  if (!wanted || !cameras.hasAudio(camera)) return undefined;
  const { rendition, stream } = cameras.rendition(camera, 'source', 'aac');
  return { rendition, stream, track: tracks.audio(stream, 'aac') };
}

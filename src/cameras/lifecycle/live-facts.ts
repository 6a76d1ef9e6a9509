import type { CameraState } from '../../domain/cameras/camera.ts';
import type { VideoFormat } from '../../domain/media/media.ts';

/** The part of the state `live` that follows from the video of the source. */
export type LiveFacts = Pick<
  Extract<CameraState, { kind: 'live' }>,
  'width' | 'height' | 'format' | 'claimedFps' | 'warning' | 'audio'
>;

/** Describes the video of the source for the state `live`. */
export function liveFacts({ width, height, format, fps, warning, audio }: VideoFormat): LiveFacts {
  return {
    width,
    height,
    format,
    ...(fps === null ? {} : { claimedFps: Math.round(fps * 100) / 100 }),
    ...(warning === undefined ? {} : { warning }),
    ...(audio === undefined ? {} : { audio }),
  };
}

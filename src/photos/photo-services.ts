import type { OpenStreams } from '../accounts/open-streams.ts';
import type { Cameras } from '../cameras/cameras.ts';
import type { Photos } from './photos.ts';

/** What the pages and the API of photos use. */
export interface PhotoServices {
  readonly photos: Photos;
  readonly cameras: Cameras;
  /** Downloads of many photos are among them. */
  readonly streams: OpenStreams;
}

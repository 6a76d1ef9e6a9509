import type { Rendition } from '../domain/media/rendition.ts';
import type { Delivery, Viewer } from './viewer.ts';

/** What outputs need of the cameras. */
export interface FrameSource {
  /**
   * Adds a Viewer of a Rendition, which keeps the camera open.
   *
   * @param delivery `newest` by default
   * @returns what removes the Viewer; the camera's removal does that too.
   */
  subscribe(cameraId: string, rendition: Rendition, viewer: Viewer, delivery?: Delivery): () => void;
  /**
   * Asks for a keyframe, for a Viewer that has lost a frame that others build on. All Viewers of the Rendition get it, so
   * it is made seldom enough that they do not suffer; where the source's own frames are passed through, none is made.
   */
  requestKeyframe(cameraId: string, rendition: Rendition): void;
}

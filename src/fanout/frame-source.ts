import type { Rendition } from '../domain/media/rendition.ts';
import type { Delivery, Viewer } from './viewer.ts';

/** The cameras, as outputs see them. */
export interface FrameSource {
  /**
   * Adds a Viewer of a Rendition, which keeps the camera open.
   *
   * @param delivery `newest` by default
   * @returns a function that removes the Viewer. The removal of the camera does that too.
   */
  subscribe(cameraId: string, rendition: Rendition, viewer: Viewer, delivery?: Delivery): () => void;
  /**
   * Asks for a keyframe, for a Viewer that has lost a frame that others build on. All Viewers of the Rendition get the
   * keyframe, so the encoder limits how many it makes. A source whose own frames are passed through makes none on
   * demand.
   */
  requestKeyframe(cameraId: string, rendition: Rendition): void;
}

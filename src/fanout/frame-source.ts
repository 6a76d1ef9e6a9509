import type { Rendition } from '../domain/rendition.ts';
import type { Viewer } from './viewer.ts';

/** What deliveries need of the cameras. */
export interface FrameSource {
  /**
   * Adds a Viewer of a Rendition and wants the camera open for it.
   *
   * @returns what ends both; the camera's removal ends them too.
   */
  subscribe(cameraId: string, rendition: Rendition, viewer: Viewer): () => void;
  /**
   * A Viewer has lost a frame that others build on: asks for a keyframe. It comes to all Viewers of the Rendition, seldom
   * enough that they do not suffer, and not at all where the source's own pictures go out.
   */
  requestKeyframe(cameraId: string, rendition: Rendition): void;
}

import type { Rendition } from '../domain/rendition.ts';
import type { Viewer } from '../media/viewer.ts';

/** What deliveries need of the cameras. */
export interface FrameSource {
  /**
   * Adds a Viewer of a Rendition and wants the camera open for it.
   *
   * @returns what ends both; the camera's removal ends them too.
   */
  subscribe(cameraId: string, rendition: Rendition, viewer: Viewer): () => void;
}

import type { Frame } from '../domain/media/frame.ts';

/**
 * Which frames a viewer gets.
 *
 * - `newest`: for people who watch live. Under overload, frames are left out (`LoadShedder`).
 * - `every`: for viewers that store or forward a stream. They get each frame of each GOP in order, overload or not, and
 *   {@link Viewer.gap} reports missing ones. A viewer that may be slower than the camera puts a `FrameQueue` in between.
 */
export type Delivery = 'newest' | 'every';

/** Something that receives one Rendition, usually one client's connection, as a {@link Broadcast} sees it. */
export interface Viewer {
  /**
   * Takes the next frame, or drops it. Must not throw or wait, and with `newest` not keep more than one frame. If
   * frames build on each other, the first one is a keyframe, and a viewer that drops one drops all up to the next
   * keyframe.
   */
  offer(frame: Frame): void;
  /** The person or address that watches. Several Viewers may have the same owner. Empty if it is unknown. */
  readonly owner?: string;
  /** How many people watch through it, where several share it; 1 by default. */
  readonly audience?: number;
  /** Takes the GOP so far, which a new viewer begins with. Without this method, its frames are offered one by one. */
  offerGop?(frames: readonly Frame[]): void;
  /**
   * Takes a placeholder frame, about once a second while the camera delivers nothing: its last frame again, or an image
   * that explains the problem. Viewers that show the camera's state in another way don't have this method.
   */
  offerPlaceholder?(frame: Frame): void;
  /**
   * With `every`: frames are missing before the next one, because the Capture skipped them.
   *
   * @param lost how many; null when the Capture has ended, and frames go on with the next Capture
   */
  gap?(lost: number | null): void;
  /** Called about once a second while the camera is wanted, to look at the connection. */
  tick?(now: number): void;
  /** Called once when no frame will ever come again: the camera was removed. */
  end?(): void;
}

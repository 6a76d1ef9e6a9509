import type { Frame } from '../domain/frame.ts';

/** Something that receives one Rendition, usually one client's connection, as a {@link Broadcast} sees it. */
export interface Viewer {
  /**
   * Takes the newest frame, or drops it. Must not throw, wait or keep more than one frame. Where frames build on each
   * other the first one is a keyframe, and a viewer that drops one drops all up to the next keyframe.
   */
  offer(frame: Frame): void;
  /** How many people watch through it, where several share it; 1 by default. */
  readonly audience?: number;
  /** Takes a keyframe and all that followed it, to begin with; without it they are offered one by one. */
  offerGop?(frames: readonly Frame[]): void;
  /**
   * Takes a placeholder frame, about once a second while the camera delivers nothing: its last frame again, or an image
   * that says what is wrong. Viewers that show the camera's state in another way leave it out.
   */
  offerPlaceholder?(frame: Frame): void;
  /** Called about once a second while the camera is wanted, to look at the connection. */
  tick?(now: number): void;
  /** Called once when no frame will ever come again: the camera was removed. */
  end?(): void;
}

import type { Frame } from '../domain/frame.ts';

/** One connection that receives one Rendition, as a {@link Broadcast} sees it. */
export interface Viewer {
  /**
   * Takes the newest frame, or drops it. Must not throw, wait or keep more than one frame. Where frames build on each
   * other the first one is a keyframe, and whoever drops one drops all up to the next keyframe.
   */
  offer(frame: Frame): void;
  /** How many people it stands for, where it shares one thing among several; else one. */
  readonly audience?: number;
  /**
   * Takes a keyframe and all that has followed it, so that it need not wait for the next one; without it they are
   * offered one by one.
   */
  offerGroup?(frames: readonly Frame[]): void;
  /**
   * Takes a stand-in while the camera delivers nothing, about once a second: the last frame again, or a picture that
   * says in words what is wrong. Viewers that tell the state by other means leave it out.
   */
  offerStandIn?(frame: Frame): void;
  /** Called about once a second while the camera is wanted, to look at its connection. */
  tick?(now: number): void;
  /** Called once when there will never be a frame again: the camera was removed. */
  end?(): void;
}

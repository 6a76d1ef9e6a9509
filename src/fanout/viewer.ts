import type { Frame } from '../domain/frame.ts';

/** One connection that receives one Rendition, as a {@link Broadcast} sees it. */
export interface Viewer {
  /**
   * Takes the newest frame, or drops it. Must not throw, wait or keep more than one frame. Where frames build on each
   * other the first one is a keyframe, and whoever drops one drops all up to the next keyframe.
   */
  offer(frame: Frame): void;
  /** What writes its frames, if it takes every one of them and can be given them in a {@link Row}. */
  readonly writer?: RowWriter | null;
  /** How many people it stands for, where it shares one thing among several; else one. */
  readonly audience?: number;
  /**
   * Takes a keyframe and all that has followed it, so that it need not wait for the next one; without it they are
   * offered one by one.
   */
  offerGop?(frames: readonly Frame[]): void;
  /**
   * Takes a stand-in while the camera delivers nothing, about once a second: the last frame again, or a picture that
   * says in words what is wrong. Viewers that tell the state by other means leave it out.
   */
  offerPlaceholder?(frame: Frame): void;
  /** Called about once a second while the camera is wanted, to look at its connection. */
  tick?(now: number): void;
  /** Called once when there will never be a frame again: the camera was removed. */
  end?(): void;
}

/** What writes the frames of one viewer. */
export interface RowWriter {
  /** What it writes to: the same for all viewers that get the same bytes. */
  readonly wire: RowWire;
}

/** A wire whose viewers are served in a row. */
export interface RowWire {
  /** @param writers of this wire, in the order in which they are served */
  row(writers: readonly RowWriter[]): Row;
}

/**
 * Viewers of one Broadcast who are given each frame one after the other, by what lies side by side in memory: the objects of
 * each viewer lie anywhere, and are in no cache any more when the next frame comes (docs/performance.md).
 */
export interface Row {
  /** How many viewers are in it. */
  readonly length: number;
  /** Gives a frame to all of them. @param first with whom to begin, a place in the row */
  offer(frame: Frame, first: number): void;
  /** The row is used no more: somebody has come or gone. Idempotent; if that was in the middle of a frame, it is called again. */
  end(): void;
}

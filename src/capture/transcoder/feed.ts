import type { Frame } from '../../domain/media/frame.ts';
import type { DropReason, WantedRendition } from '../../domain/media/media.ts';

/** One track of one camera in a transcoder: decodes its frames, and encodes them for Renditions. */
export interface Feed {
  /** Takes the next frame. Never waits. */
  take(frame: Frame): void;
  /** Sets the Renditions to make. */
  want(renditions: readonly WantedRendition[]): void;
  /** Asks for a keyframe of a Rendition, if it has it. */
  requestKeyframe(rendition: number): void;
  /** Counts an encoded frame that did not reach the server. */
  countDrop(reason: DropReason): void;
  close(): void;
}

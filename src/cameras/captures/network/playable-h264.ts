import type { Frame } from '../../../domain/media/frame.ts';
import { displayOrientationOf } from '../../../formats/h264/display-orientation.ts';
import {
  headUnits,
  isBidirectional,
  isPlayable,
  mostWithoutKeyframe,
  nalType,
  readSequence,
} from '../../../formats/h264/h264.ts';

/**
 * Whether browsers can play the H.264 of a camera as it is: not if it has an unsupported profile, may be interlaced, must be
 * turned, reorders frames (which adds delay, and which WebRTC does not allow), or sends no keyframes. See `H264Packets` of
 * the capture process, which decides the same.
 */
export class PlayableH264 {
  #playable = true;
  #sinceKeyframe = 0;

  /** Looks at the next access unit. @returns false if browsers cannot play the stream, from then on for good */
  take({ bytes, keyframe }: Frame): boolean {
    if (!this.#playable) return false;
    this.#sinceKeyframe = keyframe ? 0 : this.#sinceKeyframe + 1;
    const units = headUnits(bytes);
    const slice = units.at(-1);
    const reorders = slice !== undefined && slice.type < nalType.idr && isBidirectional(slice.bytes);
    this.#playable = !reorders && this.#sinceKeyframe <= mostWithoutKeyframe;
    if (displayOrientationOf(units)?.isTurned === true) this.#playable = false;
    const sps = keyframe ? units.findLast(({ type }) => type === nalType.sps) : undefined;
    const facts = sps === undefined ? null : readSequence(sps.bytes);
    if (facts !== null && !isPlayable(facts)) this.#playable = false;
    return this.#playable;
  }
}

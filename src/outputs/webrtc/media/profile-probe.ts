import type { Frame } from '../../../domain/media/frame.ts';
import type { Viewer } from '../../../fanout/viewer.ts';
import { nalUnits, parameterSetsOf, readSequence } from '../../../formats/h264/h264.ts';
import { constrainedBaseline, type StreamProfile } from '../negotiation/h264-choice.ts';

/** The Viewer of a session that isn't connected yet: it keeps the camera open and reads the profile of its H.264. */
export class ProfileProbe implements Viewer {
  #profile: StreamProfile = constrainedBaseline;
  /** Called when the camera is removed. */
  onEnd: () => void = () => undefined;

  /** The profile of the last keyframe; what Porthole encodes until one arrives. */
  get profile(): StreamProfile {
    return this.#profile;
  }

  offer(frame: Frame): void {
    const sets = frame.keyframe ? parameterSetsOf(nalUnits(frame.bytes)) : null;
    const facts = sets === null ? null : readSequence(sets.sps);
    if (facts !== null) this.#profile = facts;
  }

  end(): void {
    this.onEnd();
  }
}

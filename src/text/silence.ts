import { sentence } from '../messages/sentence.ts';

/** What to do about a camera that can be reached and shows nothing, in a sentence each. */
export const silence = {
  atFirst: sentence('camera_silence_at_first'),
  probed: sentence('camera_silence_probed'),
  noKeyframe: sentence('camera_silence_no_keyframe'),
  untilKeyframe: sentence('camera_silence_until_keyframe'),
} as const;

/** What to do about a camera that can be reached and shows nothing, in a sentence each. */
export const silence = {
  atFirst:
    'The camera can be reached, but sends no frames. Check that it films, or restart it. Porthole tries again automatically.',
  probed: 'The camera can be reached, but sends no frames. Check that it films, or restart it.',
  noKeyframe:
    "The camera sends frames, but no keyframe to start with. Set a keyframe (I-frame) interval of a few seconds in the camera's settings.",
  untilKeyframe: 'The camera is reached. Waiting for its next keyframe …',
} as const;

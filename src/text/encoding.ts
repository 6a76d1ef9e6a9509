import { sentence } from '../messages/sentence.ts';

/** The sentence for viewers of a camera while the machine can't encode all that they have opened. */
export const slowedSizes = sentence('camera_slowed');

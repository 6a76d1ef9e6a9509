/** The sentence for viewers of a camera while the machine can't encode all that they have opened. */
export const slowedSizes =
  'This machine cannot encode all open sizes of this camera in time, so some of them show few frames. Close the ones that you do not need.';

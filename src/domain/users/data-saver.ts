/** What video may take while data is saved. */
export const dataSaver = {
  /** The widest, in pixels. */
  width: 640,
  /** The most JPEG frames per second. H.264 takes a tenth of the data of JPEG, and needs every frame. */
  fps: 10,
} as const;

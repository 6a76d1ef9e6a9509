/** What video and pictures may take while data is saved. */
export const dataSaver = {
  /** The widest, in pixels. */
  width: 640,
  /** The most JPEG frames per second. H.264 takes a tenth of the data of JPEG, and needs every frame. */
  fps: 10,
  /** The width of thumbnails of photos, in pixels. */
  thumbnail: 240,
  /** The width of the last picture of a paused camera, in pixels. */
  poster: 320,
} as const;

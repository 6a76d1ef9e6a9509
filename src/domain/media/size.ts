/** The size of a frame or a still image, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** One encoded picture. Frames are immutable and shared by all Viewers. */
export interface Frame {
  /** The encoded picture: a whole JPEG from SOI to EOI, or one H.264 access unit in Annex B. */
  readonly bytes: Buffer;
  /** Counts the captured pictures of this Capture; gaps are pictures this Rendition skipped. */
  readonly sequence: number;
  /** When the picture was captured, in milliseconds of this machine's monotonic clock (`performance.now()` of `CLOCK_MONOTONIC`). */
  readonly capturedAt: number;
  /** True if it can be decoded without an earlier one; every JPEG can. */
  readonly keyframe: boolean;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

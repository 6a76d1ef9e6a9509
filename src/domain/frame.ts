/** One encoded frame of video or audio. Frames are immutable and shared by all Viewers. */
export interface Frame {
  /**
   * The encoded picture: a whole JPEG from SOI to EOI, or one H.264 access unit in Annex B (ITU-T H.264) with its
   * parameter sets in it if it is a keyframe; of sound a raw AAC frame or an Opus packet.
   */
  readonly bytes: Buffer;
  /** Counts the captured pictures of this Capture; gaps are pictures this Rendition skipped. */
  readonly sequence: number;
  /**
   * When the picture, or the first sample of the sound, was captured, in milliseconds of this machine's monotonic clock
   * (`performance.now()` of `CLOCK_MONOTONIC`).
   */
  readonly capturedAt: number;
  /**
   * True if it can be decoded without an earlier one: every JPEG, and an IDR picture of H.264. Never of sound: none
   * takes the place of what was before.
   */
  readonly keyframe: boolean;
  /** Pixels; 0 of sound. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** One encoded frame of video or audio. Frames are immutable and shared by all Viewers. */
export interface Frame {
  /**
   * The encoded bytes. Video: a complete JPEG from SOI to EOI, or one H.264 access unit in Annex B format (ITU-T H.264),
   * which includes the parameter sets if it is a keyframe. Audio: a raw AAC frame or an Opus packet.
   */
  readonly bytes: Buffer;
  /** Counts the frames of this Capture. Gaps are frames that this Rendition skipped. */
  readonly sequence: number;
  /**
   * When the image, or the first audio sample, was captured, in milliseconds on this machine's monotonic clock; see
   * {@link monotonicNow}.
   */
  readonly capturedAt: number;
  /**
   * True if it can be decoded without earlier frames: every JPEG, and H.264 with an IDR picture. Never true for audio,
   * because an audio frame does not replace earlier ones.
   */
  readonly keyframe: boolean;
  /** In pixels; 0 for audio. */
  readonly width: number;
  /** In pixels; 0 for audio. */
  readonly height: number;
}

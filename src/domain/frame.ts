/**
 * Bytes that lie unused before and behind a picture in its memory, where one wire writes what it puts around it: so
 * that neither the picture is copied again nor as much memory again left to the garbage collector.
 */
export class FrameRoom {
  /** Bytes before the picture: the longest head of a wire. */
  static readonly before = 160;
  /** Bytes behind it. */
  static readonly behind = 32;
  #free = true;
  #wire: object | null = null;
  #bytes: Buffer | undefined;

  /** Takes the room for one wire. @returns false if another wire has it. */
  take(): boolean {
    const was = this.#free;
    this.#free = false;
    return was;
  }

  /**
   * Keeps what the first wire that asks has made of the frame, as long as the frame is kept. @returns false to all
   * others
   */
  keep(wire: object, bytes: Buffer): boolean {
    if (this.#wire !== null) return false;
    this.#wire = wire;
    this.#bytes = bytes;
    return true;
  }

  /** What a wire has made of the frame, if that is kept here. */
  madeBy(wire: object): Buffer | undefined {
    return this.#wire === wire ? this.#bytes : undefined;
  }
}

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
  /** The room around {@link bytes} in their memory; without it a wire copies them. */
  readonly room?: FrameRoom;
}

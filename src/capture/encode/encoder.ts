import type { Frame as RawFrame } from 'node-av/lib';

/** What an {@link Encoder} made of one raw frame. */
export interface Encoded {
  /** See `Frame.bytes`. */
  readonly bytes: Buffer;
  /** See `Frame.keyframe`. */
  readonly keyframe: boolean;
}

/** Encodes the raw frames of one source in one size. */
export interface Encoder extends Disposable {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /**
   * Encodes one frame of any size and pixel format.
   *
   * @param capturedAt see `Frame.capturedAt`; grows from call to call
   * @returns null if this frame cannot be encoded, or comes out later.
   * @throws {Error} when the encoder itself fails.
   */
  encode(frame: RawFrame, capturedAt: number): Promise<Encoded | null>;
  /** Makes the next frame a keyframe, or the first one that may be; missing where every frame is one. */
  requestKeyframe?(): void;
}

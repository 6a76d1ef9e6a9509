import type { Frame as RawFrame } from 'node-av/lib';
import type { Size } from '../../domain/media/size.ts';

/** The result of encoding one raw frame. */
export interface Encoded {
  /** See `Frame.bytes`. */
  readonly bytes: Buffer;
  /** See `Frame.keyframe`. */
  readonly keyframe: boolean;
}

/** Encodes the raw frames of one source to one size. */
export interface Encoder extends Size, Disposable {
  /**
   * Encodes one frame of any size and pixel format.
   *
   * @param capturedAt see `Frame.capturedAt`; must increase from call to call
   * @returns null if the encoder holds the frame back
   * @throws {PortholeError} `video_unsupported` if the frame cannot be converted for any encoder.
   * @throws {Error} when the encoder itself fails.
   */
  encode(frame: RawFrame, capturedAt: number): Promise<Encoded | null>;
  /** Makes the next frame a keyframe, or the first one that {@link KeyframePolicy} allows. Not needed for JPEG. */
  requestKeyframe?(): void;
}

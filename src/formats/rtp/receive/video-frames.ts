import type { Size } from '../../../domain/media/size.ts';
import type { IncomingPacket } from './incoming-packet.ts';

/** A complete frame of video. */
export interface ReceivedFrame extends Size {
  /** A JPEG, or an access unit in Annex B, with its parameter sets if it is a keyframe. Nobody else has this memory. */
  readonly bytes: Buffer;
  /** RTP's timestamp. */
  readonly timestamp: number;
  readonly keyframe: boolean;
}

/** Receives the results of a {@link VideoFrames}. */
export interface VideoSink {
  frame(frame: ReceivedFrame): void;
  /**
   * A frame that cannot be decoded, because no keyframe has come yet.
   *
   * @param refreshes true if decoders can begin here all the same: the stream may have no keyframes
   */
  waiting(refreshes: boolean): void;
  /** A frame was cut short, or packets of it are missing. */
  damaged(): void;
  /** The stream is valid, but nobody can use it as it is. */
  unsupported(detail: string): void;
}

/** Joins the packets of a video track to frames. */
export interface VideoFrames {
  /**
   * Takes the next packet.
   *
   * @param lost true if packets before it are missing
   * @throws {PortholeError} `source_beyond_limits` for a frame that is too long
   */
  push(packet: IncomingPacket, lost: boolean): void;
  /** How long to wait for another packet before {@link flush}, in milliseconds; null if nothing waits for that. */
  readonly quiet: number | null;
  /** No packet has come for a while, so the frame is complete. */
  flush(): void;
}

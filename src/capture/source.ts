import type { CodecParameters, Frame, Packet } from 'node-av/lib';
import type { DropReason, VideoFormat } from '../domain/media/media.ts';
import type { ResolvedSource, Source, SourceOf } from '../domain/cameras/source.ts';
import type { Frame as EncodedFrame } from '../domain/media/frame.ts';
import type { Control, ControlRequest } from '../domain/cameras/control.ts';

/**
 * One video frame as the source delivered it. The receiver frees the packet or raw frame. `capturedAt` is in
 * milliseconds on the monotonic clock.
 */
export type Captured =
  | {
      readonly kind: 'packet';
      readonly packet: Packet;
      readonly capturedAt: number;
      /** Its number, if the source numbers its frames. */
      readonly sequence?: number;
      /** True if only the decoder needs it, because a newer frame follows at once. */
      readonly isPast?: boolean;
    }
  | { readonly kind: 'frame'; readonly frame: Frame; readonly capturedAt: number }
  /** From a source with a {@link Passthrough}: a JPEG ready for viewers, with the sequence number it was sent under. */
  | { readonly kind: 'jpeg'; readonly frame: EncodedFrame };

/** One packet of audio. */
export interface CapturedAudio {
  /** Owned by the caller, which frees it after the call. */
  readonly packet: Packet;
  /** How to decode the packet; the same object until the format changes. */
  readonly parameters: CodecParameters;
  /**
   * When the first sample was captured if {@link exact}, else when the packet arrived; milliseconds, monotonic clock.
   */
  readonly time: number;
  readonly exact: boolean;
}

/** The audio of a source. */
export interface AudioInput {
  /** True if the audio is only announced: some cameras never send it. It exists once a packet could be decoded. */
  readonly announced?: true;
  /**
   * Sets the function that receives every packet from now on, or null to stop listening. Packets arrive while video is
   * being read.
   */
  listen(take: ((audio: CapturedAudio) => void) | null): void;
}

/** What viewers need from a source that has a {@link Passthrough}. */
export interface PassthroughDemand {
  /** The ids of the Renditions that receive the source's own frames. */
  readonly ids: readonly number[];
  /** True if {@link OpenSource.read} must also deliver every frame, because some Rendition has to be encoded. */
  readonly encode: boolean;
}

/** Frames captured and dropped since the last call. */
export interface PassthroughCounts {
  readonly captured: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/** Implemented by sources that send their own JPEGs straight to the server, bypassing this process's event loop. */
export interface Passthrough {
  set demand(demand: PassthroughDemand);
  takeCounts(): PassthroughCounts;
}

/** An open source. It delivers frames until it fails, ends or is closed, and never retries: its owner decides that. */
export interface OpenSource {
  readonly video: VideoFormat;
  /** How to decode its packets; null if it delivers raw frames, or JPEGs through {@link passthrough}. */
  readonly codecParameters: CodecParameters | null;
  /** Its audio; undefined if it has none. */
  readonly audio?: AudioInput | undefined;
  /** True if all Renditions are encoded: others get the frames as they are. */
  readonly encodesAll?: true;
  /** Set if the source sends its own frames straight to the server, and counts them itself. */
  readonly passthrough?: Passthrough | undefined;
  /** True if every packet can be decoded independently, so that packets may be skipped. */
  readonly intraOnly: boolean;
  /**
   * Waits for the next frame. With a {@link passthrough} it delivers only the first frame, the first of each size, and
   * the frames that are needed for encoding.
   *
   * @throws {PortholeError} when the source fails or ends.
   */
  read(): Promise<Captured>;
  /**
   * Reads or sets the device's controls; undefined for sources without controls.
   *
   * @throws {PortholeError} `invalid_input` for a bad value.
   */
  controls?(request: ControlRequest): readonly Control[];
  /** Releases the device or connection and makes a pending {@link read} fail. Idempotent. */
  close(): Promise<void>;
}

/** Opens one kind of source. */
export type OpenSourceFunction<Kind extends Source['kind']> = (
  resolved: ResolvedSource<SourceOf<Kind>>,
) => Promise<OpenSource>;

/** Reads the video of a device: a source without audio and controls. */
export type DeviceInput = Pick<
  OpenSource,
  'video' | 'codecParameters' | 'intraOnly' | 'passthrough' | 'read' | 'close'
>;

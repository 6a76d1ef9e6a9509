import type { CodecParameters, Frame, Packet } from 'node-av/lib';
import type { DropReason, VideoFormat, ResolvedSource } from '../channel/messages.ts';
import type { Frame as EncodedFrame } from '../domain/frame.ts';
import type { Control, ControlRequest } from '../domain/control.ts';

/** One picture as the source delivered it. Whoever receives it frees it. */
export type Captured =
  | { readonly kind: 'packet'; readonly packet: Packet; readonly capturedAt: number }
  | { readonly kind: 'frame'; readonly frame: Frame; readonly capturedAt: number }
  /** Of a source with a {@link Passthrough}: a JPEG as viewers get it, and the number that it had there. */
  | { readonly kind: 'jpeg'; readonly frame: EncodedFrame };

/** A packet of sound. */
export interface CapturedAudio {
  /** Belongs to whoever calls. */
  readonly packet: Packet;
  /** How to decode it; the same object as long as nothing changes. */
  readonly parameters: CodecParameters;
  /** Milliseconds of the monotonic clock: when its first sample was captured if {@link exact}, else when it arrived. */
  readonly time: number;
  readonly exact: boolean;
}

/** The sound of a source. */
export interface AudioInput {
  /** Hands every packet on from now on; null: nobody listens any more. Packets come while pictures are read. */
  listen(take: ((audio: CapturedAudio) => void) | null): void;
}

/** What is to be done with the pictures of a source that has a {@link Passthrough}. */
export interface PassthroughDemand {
  /** The Renditions that get them as they are. */
  readonly ids: readonly number[];
  /** True if {@link OpenSource.read} shall deliver them as well, to be encoded. */
  readonly pictures: boolean;
}

/** What became of a source's pictures since it was last asked. */
export interface PassthroughCounts {
  readonly captured: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/** The way past this process's event loop of a source that sends its own JPEGs to the server itself. */
export interface Passthrough {
  set demand(demand: PassthroughDemand);
  takeCounts(): PassthroughCounts;
}

/** An open source. It delivers pictures until it fails, ends or is closed; who opened it decides about trying again. */
export interface OpenSource {
  readonly video: VideoFormat;
  /** How to decode its packets; null if it delivers frames, or JPEGs by a {@link passthrough}. */
  readonly codecParameters: CodecParameters | null;
  /** Its sound; missing where it has none. */
  readonly audio?: AudioInput | undefined;
  /** Of a source that sends its own pictures to the server itself; they are counted there. */
  readonly passthrough?: Passthrough | undefined;
  /** True if each packet can be decoded without the others, so that packets may be skipped. */
  readonly intraOnly: boolean;
  /**
   * The next picture, when it is there; with a {@link passthrough} the next one that is wanted here, besides the first and
   * the first of each size.
   *
   * @throws {PortholeError} when the source fails or ends.
   */
  read(): Promise<Captured>;
  /**
   * Reads or sets the device's controls; missing where there are none.
   *
   * @throws {PortholeError} `invalid_input` for a bad value.
   */
  controls?(request: ControlRequest): readonly Control[];
  /** Releases the device or connection and makes a waiting {@link read} fail. Idempotent. */
  close(): Promise<void>;
}

/** Opens one kind of source. */
export type OpenSourceFunction = (resolved: ResolvedSource) => Promise<OpenSource>;

/** What reads the pictures of a device: a source without its sound and controls. */
export type DeviceInput = Pick<
  OpenSource,
  'video' | 'codecParameters' | 'intraOnly' | 'passthrough' | 'read' | 'close'
>;

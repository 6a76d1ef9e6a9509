import type { CodecParameters, Frame, Packet } from 'node-av/lib';
import type { PictureFormat, ResolvedSource } from '../channel/messages.ts';
import type { Control, ControlRequest } from '../domain/control.ts';

/** One picture as the source delivered it. Whoever receives it frees it. */
export type Captured =
  | { readonly kind: 'packet'; readonly packet: Packet; readonly capturedAt: number }
  | { readonly kind: 'frame'; readonly frame: Frame; readonly capturedAt: number };

/** A packet of sound. */
export interface CapturedSound {
  /** Belongs to whoever calls. */
  readonly packet: Packet;
  /** How to decode it; the same object as long as nothing changes. */
  readonly parameters: CodecParameters;
  /** Milliseconds of the monotonic clock: when its first sample was captured if {@link exact}, else when it arrived. */
  readonly time: number;
  readonly exact: boolean;
}

/** The sound of a source. */
export interface SoundInput {
  /** Hands every packet on from now on; null: nobody listens any more. Packets come while pictures are read. */
  listen(take: ((sound: CapturedSound) => void) | null): void;
}

/** An open source. It delivers pictures until it fails, ends or is closed; who opened it decides about trying again. */
export interface OpenSource {
  readonly picture: PictureFormat;
  /** How to decode its packets; null if it delivers frames. */
  readonly codecParameters: CodecParameters | null;
  /** Its sound; missing where it has none. */
  readonly sound?: SoundInput | undefined;
  /** True if each packet can be decoded without the others, so that packets may be skipped. */
  readonly intraOnly: boolean;
  /**
   * The next picture, when it is there.
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

import type { CodecParameters, Frame, Packet } from 'node-av/lib';
import type { PictureFormat, ResolvedSource } from '../channel/messages.ts';
import type { Control, ControlRequest } from '../domain/control.ts';

/** One picture as the source delivered it. Whoever receives it frees it. */
export type Captured =
  | { readonly kind: 'packet'; readonly packet: Packet; readonly capturedAt: number }
  | { readonly kind: 'frame'; readonly frame: Frame; readonly capturedAt: number };

/** An open source. It delivers pictures until it fails, ends or is closed; who opened it decides about trying again. */
export interface OpenSource {
  readonly picture: PictureFormat;
  /** How to decode its packets; null if it delivers frames. */
  readonly codecParameters: CodecParameters | null;
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

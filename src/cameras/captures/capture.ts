import type { DropReason, VideoFormat, WantedRendition } from '../../domain/media/media.ts';
import type { Control, ControlRequest } from '../../domain/cameras/control.ts';
import type { Problem } from '../../domain/errors.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Logger } from '../../domain/logger.ts';
import type { ResolvedSource, Source } from '../../domain/cameras/source.ts';
import type { KnownStreams } from './substreams/known-streams.ts';

/**
 * Delivers one Camera's media: a forked child, a client of a network protocol in this process, another server.
 * It runs until it fails, its signal aborts or it is closed; it never retries, which is the lifecycle's job.
 *
 * ### The clock of frames
 *
 * {@link Frame.capturedAt} is in milliseconds of this machine's CLOCK_MONOTONIC, as `monotonicNow()` reads it. A
 * Capture whose media carries another clock (RTP timestamps, the presentation times of a file, the clock of another
 * machine) maps it before it reports a frame: the first frame is captured on arrival, and each later one is that moment
 * plus the media time since. Such a clock drifts, so the Capture maps again when a frame would lie in the future or too
 * far back.
 */
export interface Capture {
  /** Identifies it in the log, such as `{ pid }`. */
  readonly facts: object;
  /** Changes the Renditions to deliver. */
  want(renditions: readonly WantedRendition[]): void;
  /** Asks for a keyframe of a Rendition. A Capture that can't make one ignores this. */
  requestKeyframe(rendition: number): void;
  /**
   * Reads or sets the controls of the open device; missing where the source has none.
   *
   * @throws {PortholeError} `invalid_input` for a bad value, `camera_failed` if the device doesn't answer.
   */
  controls?(request: ControlRequest): Promise<readonly Control[]>;
  /** Ends it. Resolves once its device, sockets and processes are released. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a Capture. Returns at once; everything else is reported through {@link CaptureOptions.events}.
 *
 * @throws {PortholeError} if it can't even begin, such as `out_of_resources`.
 */
export type OpenCapture = (options: CaptureOptions) => Capture;

/** The function that opens each kind of source. */
export type Captures = Readonly<Record<Source['kind'], OpenCapture>>;

/** The source that a Capture opens. */
export interface CaptureSource extends ResolvedSource {
  /** Of a network camera with a sub-stream: both streams. `source` is the main one. */
  readonly streams?: KnownStreams;
}

/** Options of {@link OpenCapture}. */
export interface CaptureOptions {
  readonly source: CaptureSource;
  /** The Renditions to deliver at first. */
  readonly renditions: readonly WantedRendition[];
  readonly events: CaptureEvents;
  /** Ends the Capture as {@link Capture.close} does, also while it opens. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Events of a Capture, in this order. Nothing follows `ended`. */
export interface CaptureEvents {
  /** It runs and is opening the source now. */
  opening(): void;
  /** The source is open and its first frame has been read. */
  ready(video: VideoFormat): void;
  /** The source has another size or format now. */
  changed(video: VideoFormat): void;
  /** A frame of a wanted Rendition. */
  frame(rendition: number, frame: Frame): void;
  /** Counts since the last call, about once a second. */
  stats(stats: CaptureStats): void;
  /** It has ended, and its device is free. */
  ended(end: CaptureEnd): void;
}

/** Counts of a Capture since the last report. */
export interface CaptureStats {
  /** Frames that the source delivered. */
  readonly captured: number;
  /** Captured frames that were not delivered, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/** Why a Capture ended; `detail` is for the log. */
export type CaptureEnd =
  /** {@link Capture.close} or the signal asked for it. */
  | { readonly reason: 'closed' }
  /** It can't go on, and says why. */
  | { readonly reason: 'failed'; readonly problem: Problem; readonly detail: string }
  /** It ended without saying why, such as a process that crashed. */
  | { readonly reason: 'died'; readonly detail: string };

import type { CameraInfo } from '../../domain/cameras/camera.ts';
import type { Connection } from '../connection/connection.ts';
import type { MediaFrame } from '../connection/frame.ts';
import type { ViewRequest } from '../connection/live-event.ts';
import type { Stats } from './meter.ts';

/** A camera and the width to show it at. */
export type VideoRequest = Omit<ViewRequest, 'codec'>;

/**
 * Why a transport ended: `restarted` when the stream started over, `resized` when another size, or a change of audio,
 * needs a new transport, `unsupported` when it cannot work in this browser or with this server.
 */
export type TransportFailure = 'restarted' | 'resized' | 'unsupported' | 'stalled' | 'error';

/** Events of a {@link VideoTransport}. */
export interface TransportEvents {
  /** The first frame is ready. */
  shown(): void;
  /** A frame is on the screen. */
  drawn(): void;
  /** The transport has ended; no more frames arrive. */
  failed(why: TransportFailure): void;
}

/** Options of {@link TransportKind.open}. */
export interface TransportContext {
  readonly connection: Connection;
  /** Accessible name of the video. */
  readonly label: string;
  /** Request to open with; {@link VideoTransport.watch} repeats it and may change it later. */
  readonly request: VideoRequest;
  /** True to open without audio; {@link VideoTransport.setMuted} repeats it and may change it later. */
  readonly muted: boolean;
  readonly events: TransportEvents;
}

/** A transport that plays in a `<video>`. {@link MsePlayer} has most of this shape. */
export interface VideoTransport {
  /** The element that plays it; it is invisible until {@link TransportEvents.shown}. */
  readonly video: HTMLVideoElement;
  /** True once a frame is ready. */
  readonly hasFrame: boolean;
  /** Milliseconds since the last frame. */
  readonly silentFor: number;
  /** Capture time of the frame on the screen in milliseconds since the epoch, by the server's clock, if known. */
  readonly shownTime?: number | null;
  /** True if this transport carries the camera's audio, see {@link setMuted}. */
  readonly hasAudio?: boolean;
  /** Requests a camera at a width. Call it again with another width to change it without a gap. */
  watch(request: VideoRequest): void;
  /** From now on, messages of this stream belong to this view. @returns true if the view is this transport's */
  setStream?(view: number, stream: number): boolean;
  /** The server cannot send this view. @returns true if the view is this transport's */
  setProblem?(view: number): boolean;
  /** Takes a message of the socket if it is this transport's. */
  take?(frame: MediaFrame): void;
  /** The tab is visible again. */
  wake(): void;
  /** Checks whether playback is stuck; called about twice a second while the tab is visible. */
  check(): void;
  stats(): Stats;
  /** Turns the camera's audio off or on. */
  setMuted?(muted: boolean): void;
  /** Ends the transport; its last frame is lost. Idempotent. */
  close(): void;
}

/** A kind of transport: whether it can be used, and how to open it. */
export interface TransportKind {
  /** Name shown in the stats. */
  readonly name: string;
  /** How long to wait for the first frame before trying the next kind (ms). */
  readonly startTimeout: number;
  /** True if this browser supports it. */
  supported(): boolean;
  /** Opens it; code that only this kind needs is loaded here. */
  open(context: TransportContext): Promise<VideoTransport>;
}

/** True if the camera is live and has audio. */
export function cameraHasAudio(camera: CameraInfo | null | undefined): boolean {
  return camera?.state.kind === 'live' && (camera.state as { readonly audio?: unknown }).audio === true;
}

import type { CameraInfo } from '../../domain/camera.ts';
import type { Connection, Wanted } from './connection.ts';
import type { Stats } from '../player/stats.ts';
import type { PictureFrame } from './frame.ts';

/** Which camera, in which size. */
export type Subject = Omit<Wanted, 'codec'>;

/** What a transport tells. */
export interface TransportEvents {
  /** The first picture is there. */
  shown(): void;
  /** A picture is on the screen. */
  drawn(): void;
  /**
   * It does not go on: nothing comes of it any more.
   *
   * @param why `restarted` when the stream began anew, `resized` when another size, or sound, needs another one,
   *   `unsupported` when it cannot work here, whatever happens
   */
  failed(why: 'restarted' | 'resized' | 'unsupported' | 'stalled' | 'error'): void;
}

/** What a transport is given. */
export interface TransportContext {
  readonly connection: Connection;
  /** What the picture is, in words. */
  readonly label: string;
  /** What is wanted when it begins; {@link BetterTransport.watch} tells of it, and of what is wanted later. */
  readonly subject: Subject;
  /** True if it begins without the camera's sound; {@link BetterTransport.setMuted} tells of it, and of what is wanted later. */
  readonly muted: boolean;
  readonly events: TransportEvents;
}

/** A picture that comes in a video; {@link MsePlayer} has most of this shape. */
export interface BetterTransport {
  /** What plays it; nobody sees it before {@link TransportEvents.shown}. */
  readonly video: HTMLVideoElement;
  /** True once a picture is there. */
  readonly hasPicture: boolean;
  /** Milliseconds since the last picture. */
  readonly silentFor: number;
  /** When the picture on the screen was captured, in milliseconds since the epoch by the server's clock, if that is known. */
  readonly shownTime?: number | null;
  /** True if it brings the camera's sound itself, see {@link setMuted}. */
  readonly hasAudio?: boolean;
  /** Asks for this camera in this size; again with another size changes it without a gap. */
  watch(subject: Subject): void;
  /** Messages of this stream are for this view of the server's from now on. @returns true if it is this one's. */
  setStream?(view: number, stream: number): boolean;
  /** The server cannot send a view. @returns true if it is this one's. */
  setProblem?(view: number): boolean;
  /** Takes a message of the socket if it is this one's. */
  take?(frame: PictureFrame): void;
  /** The tab is shown again. */
  wake(): void;
  /** Looks whether it is stuck; called about twice a second while the tab is shown. */
  check(): void;
  stats(): Stats;
  /** With or without the camera's sound. */
  setMuted?(muted: boolean): void;
  /** Ends it; the last picture is lost. Idempotent. */
  close(): void;
}

/** A kind of transport: when it can be used, and how it begins. */
export interface TransportKind {
  /** What the figures call the way. */
  readonly name: string;
  /** How long it may take until its first picture, in milliseconds, before the next one is tried. */
  readonly stallTimeout: number;
  /** True if this browser can. */
  supported(): boolean;
  /** Begins; what needs much code is loaded here. */
  open(context: TransportContext): Promise<BetterTransport>;
}

/** True for a camera that can be heard. */
export function isHeard(camera: CameraInfo | null | undefined): boolean {
  return camera?.state.kind === 'live' && (camera.state as { readonly audio?: unknown }).audio === true;
}

import type { VideoRequest } from '../transports/video-transport.ts';
import type { Connection } from '../connection/connection.ts';
import { dataSaver } from '../../domain/users/data-saver.ts';
import { savesData } from '../lib/data-saver.ts';
import type { Stats } from '../transports/meter.ts';
import type { MediaFrame } from '../connection/frame.ts';
import { JpegPlayer } from './jpeg-player.ts';

/** If capture times go back by more than this, the server's clock was set (ms). */
const clockChange = 60_000;

/** Options of {@link JpegView}. */
export interface JpegViewOptions {
  readonly connection: Connection;
  /** Accessible name of the video. */
  readonly label: string;
  /** True while someone may see the video. */
  readonly visible: () => boolean;
  readonly onDrawn: () => void;
}

/** Connects a {@link JpegPlayer} to a view on the page's connection. */
export class JpegView {
  /** The view's number; null if the server allows no more views. */
  readonly view: number | null;
  readonly #connection: Connection;
  readonly #player: JpegPlayer;
  #stream: number | null = null;
  #lastAt = -Infinity;

  constructor({ connection, label, visible, onDrawn }: JpegViewOptions) {
    this.#connection = connection;
    this.#player = new JpegPlayer({ clock: connection.clock, label, visible, onDrawn });
    this.view = connection.views.claim();
  }

  /** The canvas; it keeps the last frame when no more arrive. */
  get canvas(): HTMLCanvasElement {
    return this.#player.canvas;
  }

  /** True once a frame was drawn since the last {@link reset}. */
  get hasFrame(): boolean {
    return this.#player.hasFrame;
  }

  /** Milliseconds since the last frame was drawn. */
  get silentFor(): number {
    return this.#player.silentFor;
  }

  /** The current stats. */
  stats(): Stats {
    return this.#player.stats();
  }

  /** Requests a camera at a width. */
  watch(request: VideoRequest): void {
    const limit = savesData() ? { fps: dataSaver.fps } : {};
    if (this.view !== null) this.#connection.watch(this.view, { ...request, ...limit, codec: 'jpeg' });
  }

  /** Stops; the last frame stays. */
  unwatch(): void {
    if (this.view !== null) this.#connection.unwatch(this.view);
    this.#stream = null;
  }

  /** From now on, messages of this stream belong to this view. @returns true if the view is this player's */
  setStream(view: number, stream: number): boolean {
    if (view !== this.view) return false;
    this.#stream = stream;
    this.#player.beginStream();
    this.#lastAt = -Infinity;
    return true;
  }

  /** True if the frame belongs to this view. */
  owns(frame: MediaFrame): boolean {
    return frame.stream === this.#stream;
  }

  /** Draws the frame if it belongs to this view. */
  take(frame: MediaFrame): void {
    if (!this.owns(frame)) return;
    // Another player on this page may receive the same stream, so frames may arrive twice.
    if (frame.capturedAt <= this.#lastAt && frame.capturedAt > this.#lastAt - clockChange) return;
    this.#lastAt = frame.capturedAt;
    this.#player.push(frame);
  }

  /** Copies the last frame of a video that is about to be removed and has shown it for `shownFor` milliseconds. */
  still(video: HTMLVideoElement, shownFor: number): void {
    this.#player.still(video, shownFor);
  }

  /** Someone is looking again. */
  wake(): void {
    this.#player.wake();
  }

  /** Forgets that anything was drawn; the last frame stays, to be blurred. */
  reset(): void {
    this.#player.reset();
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#player.reset();
    this.unwatch();
    if (this.view !== null) this.#connection.views.release(this.view);
  }
}

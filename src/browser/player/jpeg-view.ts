import type { Subject } from '../transports/better-transport.ts';
import type { Connection } from '../transports/connection.ts';
import type { Stats } from './stats.ts';
import type { PictureFrame } from '../transports/frame.ts';
import { JpegPlayer } from './jpeg-player.ts';

/** A time that goes back by more than this is another clock's, in milliseconds. */
const setBack = 60_000;

/** What a {@link JpegView} is made of. */
export interface JpegViewOptions {
  readonly connection: Connection;
  /** What the picture is, in words. */
  readonly label: string;
  /** True while somebody may see the picture. */
  readonly looks: () => boolean;
  readonly onDrawn: () => void;
}

/** Joins a {@link JpegPlayer} and a view of the server's. */
export class JpegView {
  /** The number of its view; null when the server allows no more. */
  readonly view: number | null;
  readonly #connection: Connection;
  readonly #player: JpegPlayer;
  #stream: number | null = null;
  #lastAt = -Infinity;

  constructor({ connection, label, looks, onDrawn }: JpegViewOptions) {
    this.#connection = connection;
    this.#player = new JpegPlayer({ clock: connection.clock, label, looks, onDrawn });
    this.view = connection.views.claim();
  }

  /** The picture; it keeps the last one when nothing comes. */
  get canvas(): HTMLCanvasElement {
    return this.#player.canvas;
  }

  /** True once something was drawn since the last {@link reset}. */
  get hasPicture(): boolean {
    return this.#player.hasPicture;
  }

  /** Milliseconds since the last picture was drawn. */
  get silentFor(): number {
    return this.#player.silentFor;
  }

  /** What is measured now. */
  stats(): Stats {
    return this.#player.stats();
  }

  /** Asks for this camera in this size. */
  watch(subject: Subject): void {
    if (this.view !== null) this.#connection.watch(this.view, { ...subject, codec: 'jpeg' });
  }

  /** Nothing more comes; the last picture stays. */
  unwatch(): void {
    if (this.view !== null) this.#connection.unwatch(this.view);
    this.#stream = null;
  }

  /** Messages of this stream are for this view of the server's from now on. @returns true if it is this one's. */
  setStream(view: number, stream: number): boolean {
    if (view !== this.view) return false;
    this.#stream = stream;
    this.#player.beginStream();
    this.#lastAt = -Infinity;
    return true;
  }

  /** True for a picture of this one's. */
  owns(frame: PictureFrame): boolean {
    return frame.stream === this.#stream;
  }

  /** Draws the picture if it is this one's. */
  take(frame: PictureFrame): void {
    if (!this.owns(frame)) return;
    // Another player of this page may get the same stream; then every picture comes twice.
    if (frame.capturedAt <= this.#lastAt && frame.capturedAt > this.#lastAt - setBack) return;
    this.#lastAt = frame.capturedAt;
    this.#player.push(frame);
  }

  /** Takes over the picture that a video has shown for so many milliseconds, and that is about to leave. */
  still(video: HTMLVideoElement, shownFor: number): void {
    this.#player.still(video, shownFor);
  }

  /** Somebody looks again. */
  wake(): void {
    this.#player.wake();
  }

  /** Forgets that anything was drawn; the last picture stays, for being blurred. */
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

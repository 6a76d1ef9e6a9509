import type { ServerClock } from '../connection/server-clock.ts';
import { type Stats, Meter } from '../transports/meter.ts';
import type { MediaFrame } from '../connection/frame.ts';

/** Options of {@link JpegPlayer}. */
export interface JpegPlayerOptions {
  readonly clock: ServerClock;
  /** Accessible name of the video. */
  readonly label: string;
  /** True while someone may see the video. */
  readonly visible: () => boolean;
  /** Called when a frame is drawn. */
  readonly onDrawn: () => void;
}

/**
 * Draws the newest JPEG frame on a canvas. At most one frame is decoded at a time, off the main thread by
 * `createImageBitmap`; a frame that arrives meanwhile replaces the one that waits.
 */
export class JpegPlayer {
  readonly #canvas = document.createElement('canvas');
  readonly #context = this.#canvas.getContext('2d', { alpha: false });
  readonly #meter = new Meter();
  readonly #options: JpegPlayerOptions;
  #waiting: MediaFrame | null = null;
  #decoding = false;
  #drawnAt = 0;
  #epoch = 0;

  constructor(options: JpegPlayerOptions) {
    this.#options = options;
    this.#canvas.setAttribute('role', 'img');
    this.#canvas.setAttribute('aria-label', options.label);
  }

  /** The canvas; it keeps the last frame when no more arrive. */
  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  /** True once a frame was drawn since the last {@link reset}. */
  get hasFrame(): boolean {
    return this.#drawnAt > 0;
  }

  /** Milliseconds since the last frame was drawn. */
  get silentFor(): number {
    return performance.now() - this.#drawnAt;
  }

  /** The next frame starts a new stream or follows a pause. */
  beginStream(): void {
    this.#meter.beginStream();
  }

  /** Takes a frame that has just arrived. */
  push(frame: MediaFrame): void {
    this.#meter.received(frame.sequence, frame.content.byteLength, performance.now());
    if (this.#waiting !== null) this.#meter.dropped();
    this.#waiting = frame;
    // A hidden tab decodes nothing: the newest frame waits until the tab is visible again.
    if (this.#options.visible()) void this.#drawNext();
  }

  /** Copies the last frame of a video that is about to be removed and has shown it for `shownFor` milliseconds. */
  still(video: HTMLVideoElement, shownFor: number): void {
    this.#epoch += 1;
    this.#waiting = null;
    this.#paint(video, video.videoWidth, video.videoHeight);
    this.#drawnAt = performance.now() - shownFor;
    this.#options.onDrawn();
  }

  /** The tab is visible again: draws the waiting frame, if any. */
  wake(): void {
    if (this.hasFrame) this.#drawnAt = performance.now();
    void this.#drawNext();
  }

  /** The current stats. */
  stats(): Stats {
    const stats = this.#meter.stats(performance.now());
    // A frame that stays on the screen grows older.
    const age = stats.age === null ? null : Math.max(stats.age, this.silentFor > 1000 ? this.silentFor : 0);
    return { ...stats, age };
  }

  /** Forgets that anything was drawn; the last frame stays, to be blurred. */
  reset(): void {
    this.#epoch += 1;
    this.#waiting = null;
    this.#drawnAt = 0;
    this.#meter.reset();
  }

  async #drawNext(): Promise<void> {
    if (this.#decoding) return;
    this.#decoding = true;
    while (this.#waiting !== null && this.#options.visible()) {
      const frame = this.#waiting;
      const epoch = this.#epoch;
      this.#waiting = null;
      try {
        const picture = await createImageBitmap(new Blob([frame.content], { type: 'image/jpeg' }));
        if (epoch === this.#epoch) this.#draw(frame, picture);
        picture.close();
      } catch {
        this.#meter.dropped(); // A broken JPEG.
      }
    }
    this.#decoding = false;
  }

  #draw(frame: MediaFrame, picture: ImageBitmap): void {
    this.#paint(picture, picture.width, picture.height);
    const now = performance.now();
    this.#drawnAt = now;
    this.#meter.drawn(Math.max(0, this.#options.clock.now() - frame.capturedAt), now);
    this.#options.onDrawn();
  }

  #paint(picture: CanvasImageSource, width: number, height: number): void {
    // Setting a size clears the canvas, so only when it differs.
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#context?.drawImage(picture, 0, 0);
  }
}

import type { ServerClock } from '../transports/clock.ts';
import { type Stats, Meter } from './stats.ts';
import type { PictureFrame } from '../transports/frame.ts';

/** What a {@link JpegPlayer} is made of. */
export interface JpegPlayerOptions {
  readonly clock: ServerClock;
  /** What the picture is, in words. */
  readonly label: string;
  /** True while somebody may see the picture. */
  readonly looks: () => boolean;
  /** Called when a picture is drawn. */
  readonly onDrawn: () => void;
}

/**
 * Draws the newest picture there is: at most one is being decoded, and what arrives meanwhile replaces what waits.
 * `createImageBitmap` decodes beside the page's own thread.
 */
export class JpegPlayer {
  readonly #canvas = document.createElement('canvas');
  readonly #context = this.#canvas.getContext('2d', { alpha: false });
  readonly #meter = new Meter();
  readonly #options: JpegPlayerOptions;
  #waiting: PictureFrame | null = null;
  #decoding = false;
  #drawnAt = 0;
  #epoch = 0;

  constructor(options: JpegPlayerOptions) {
    this.#options = options;
    this.#canvas.setAttribute('role', 'img');
    this.#canvas.setAttribute('aria-label', options.label);
  }

  /** The picture; it keeps the last one when nothing comes. */
  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  /** True once something was drawn since the last {@link reset}. */
  get hasPicture(): boolean {
    return this.#drawnAt > 0;
  }

  /** Milliseconds since the last picture was drawn. */
  get silentFor(): number {
    return performance.now() - this.#drawnAt;
  }

  /** What arrives now is of another stream, or comes after a pause. */
  beginStream(): void {
    this.#meter.beginStream();
  }

  /** Takes a picture that has just arrived. */
  push(frame: PictureFrame): void {
    this.#meter.received(frame.sequence, frame.content.byteLength, performance.now());
    if (this.#waiting !== null) this.#meter.dropped();
    this.#waiting = frame;
    // Nobody sees a hidden tab: the newest picture waits there until it is shown again.
    if (this.#options.looks()) void this.#drawNext();
  }

  /** Takes over the picture that a video has shown for so many milliseconds, and that is about to leave. */
  still(video: HTMLVideoElement, shownFor: number): void {
    this.#epoch += 1;
    this.#waiting = null;
    this.#paint(video, video.videoWidth, video.videoHeight);
    this.#drawnAt = performance.now() - shownFor;
    this.#options.onDrawn();
  }

  /** Draws what waits, if anything: the tab is shown again. */
  wake(): void {
    if (this.hasPicture) this.#drawnAt = performance.now();
    void this.#drawNext();
  }

  /** What is measured now. */
  stats(): Stats {
    const stats = this.#meter.stats(performance.now());
    // A picture that stands still grows older.
    const age = stats.age === null ? null : Math.max(stats.age, this.silentFor > 1000 ? this.silentFor : 0);
    return { ...stats, age };
  }

  /** Forgets that anything was drawn; the last picture stays, for being blurred. */
  reset(): void {
    this.#epoch += 1;
    this.#waiting = null;
    this.#drawnAt = 0;
    this.#meter.reset();
  }

  async #drawNext(): Promise<void> {
    if (this.#decoding) return;
    this.#decoding = true;
    while (this.#waiting !== null && this.#options.looks()) {
      const frame = this.#waiting;
      const epoch = this.#epoch;
      this.#waiting = null;
      try {
        const picture = await createImageBitmap(new Blob([frame.content], { type: 'image/jpeg' }));
        if (epoch === this.#epoch) this.#draw(frame, picture);
        picture.close();
      } catch {
        this.#meter.dropped(); // A broken JPEG; the next one is on its way.
      }
    }
    this.#decoding = false;
  }

  #draw(frame: PictureFrame, picture: ImageBitmap): void {
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

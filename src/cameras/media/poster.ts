import type { LimitFunction } from 'p-limit';
import { monotonicNow } from '../../domain/clock.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Viewer } from '../../fanout/viewer.ts';

/** An older poster is replaced when it is wanted, in milliseconds. */
const maxAge = 2_000;
/** How long capturing a new one may take, in milliseconds. */
const captureLimit = 2_000;

/** Options of {@link Poster}. */
export interface PosterOptions {
  /** True while the camera is live and wanted, but nobody watches it as JPEG. */
  readonly canCapture: () => boolean;
  /** Keeps the camera open; returns a function that ends this. */
  readonly demand: () => () => void;
  /** Subscribes a viewer to a small JPEG Rendition; returns a function that removes it. */
  readonly subscribe: (viewer: Viewer) => () => void;
  /** Shared by all cameras: a page that leaves sixteen of them would otherwise have sixteen decoded at once. */
  readonly turns: LimitFunction;
}

/**
 * The last JPEG of a camera, for pages that show a still of it. It costs nothing while somebody watches JPEG. While
 * everybody watches H.264, an old poster is replaced by one that is encoded for this.
 */
export class Poster {
  readonly #options: PosterOptions;
  #frame: Frame | null = null;
  #isCapturing = false;

  constructor(options: PosterOptions) {
    this.#options = options;
  }

  /** The last JPEG; null if there has been none. Captures a new one for the next caller if it is old. */
  get frame(): Frame | null {
    this.refresh();
    return this.#frame;
  }

  /** Keeps a JPEG that was published. */
  keep(frame: Frame): void {
    this.#frame = frame;
  }

  /** Forgets it: the camera was switched off. */
  clear(): void {
    this.#frame = null;
  }

  /** Captures a new one if the last one is old. */
  refresh(): void {
    const age = monotonicNow() - (this.#frame?.capturedAt ?? -Infinity);
    if (this.#isCapturing || age < maxAge || !this.#options.canCapture()) return;
    this.#isCapturing = true;
    const release = this.#options.demand();
    void this.#options
      .turns(() => this.#capture())
      .then(() => {
        this.#isCapturing = false;
        release();
      });
  }

  async #capture(): Promise<void> {
    if (!this.#options.canCapture()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const unsubscribe = this.#options.subscribe({ offer: () => resolve() });
    const timer = setTimeout(resolve, captureLimit);
    await promise;
    clearTimeout(timer);
    unsubscribe();
  }
}

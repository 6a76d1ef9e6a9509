import { m } from '#messages';
import type { LivePlayer } from '../live-player.ts';
import { fitted, scaleWord, type Size, whole } from './zoom.ts';
import { ZoomGestures } from './zoom-gestures.ts';
import type { PlayerParts } from '../element/shadow.ts';

/** Options of {@link PlayerZoom}. */
export interface PlayerZoomOptions {
  readonly parts: PlayerParts;
  readonly player: () => LivePlayer | null;
  /** True if the video is cropped to fill its frame. */
  readonly fills: () => boolean;
  /** False to turn zoom off. */
  readonly mayZoom: () => boolean;
  /** A swipe over the video that is not zoomed: 1 to the left, -1 to the right. */
  readonly swiped: (by: 1 | -1) => void;
  /** The zoom factor has settled, so another width may be worth requesting. */
  readonly settled: () => void;
}

/** How long the zoom factor must rest before {@link PlayerZoomOptions.settled} (ms). */
const settleMs = 400;
const step = 1.5;
const panStep = 0.2;

/** Zoom and pan of the live video. */
export class PlayerZoom {
  readonly #options: PlayerZoomOptions;
  readonly #gestures: ZoomGestures;
  readonly #resized: ResizeObserver;
  #timer = 0;
  #settledAt = 1;

  constructor(options: PlayerZoomOptions) {
    this.#options = options;
    const { frame, picture, scale } = options.parts;
    this.#gestures = new ZoomGestures({
      frame,
      content: (size) => this.#content(size),
      enabled: () => this.#enabled,
      inPage: true,
      swiped: options.swiped,
      apply: ({ scale: by, x, y }, smooth) => {
        picture.classList.toggle('smooth', smooth);
        picture.style.transform = by > 1 ? `translate(${x}px, ${y}px) scale(${by})` : '';
        scale.hidden = by <= 1;
        scale.textContent = scaleWord(by);
        scale.setAttribute('aria-label', `${scaleWord(by)}, ${m.player_reset_zoom()}`);
        this.#settle();
      },
    });
    scale.addEventListener('click', () => this.reset());
    this.#resized = new ResizeObserver(() => this.zoomed && this.#gestures.set());
    this.#resized.observe(frame);
  }

  /** True while zoomed in. */
  get zoomed(): boolean {
    return this.#gestures.zoomed;
  }

  /** The zoom factor. */
  get scale(): number {
    return this.#gestures.at.scale;
  }

  /** Zooms out completely. */
  reset(): void {
    this.#gestures.set(whole, true);
  }

  /** Zooms (`+`, `-`, `0`) or, while zoomed in, pans (arrow keys). @returns true if the key did something */
  key(key: string): boolean {
    if (!this.#enabled) return false;
    if (key === '+' || key === '=') this.#gestures.by(step);
    else if (key === '-') this.#gestures.by(1 / step);
    else if (key === '0' && this.zoomed) this.reset();
    else if (this.zoomed && arrows[key] !== undefined) this.#gestures.pan(...arrows[key]);
    else return false;
    return true;
  }

  /** Ends it. Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
    this.#resized.disconnect();
    this.#gestures.close();
  }

  get #enabled(): boolean {
    return this.#options.mayZoom() && this.#options.player()?.display.hasFrame === true;
  }

  #content(frame: Size): Size {
    const size = this.#options.player()?.display.size;
    return size === undefined || this.#options.fills() ? frame : fitted(size, frame);
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      if (this.scale === this.#settledAt) return;
      this.#settledAt = this.scale;
      this.#options.settled();
    }, settleMs);
  }
}

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-panStep, 0],
  ArrowRight: [panStep, 0],
  ArrowUp: [0, -panStep],
  ArrowDown: [0, panStep],
};

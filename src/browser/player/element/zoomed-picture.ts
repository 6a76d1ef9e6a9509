import type { LivePlayer } from '../live-player.ts';
import { fitted, scaleWord, type Size, whole } from '../zoom.ts';
import { ZoomGestures } from '../zoom-gestures.ts';
import type { PlayerParts } from './shadow.ts';

/** What a {@link ZoomedPicture} needs to know. */
export interface ZoomedOptions {
  readonly parts: PlayerParts;
  readonly player: () => LivePlayer | null;
  /** True where the picture fills its frame and is cropped. */
  readonly fills: () => boolean;
  /** False where nothing zooms. */
  readonly mayZoom: () => boolean;
  /** A finger swept over the whole picture: 1 to the left, -1 to the right. */
  readonly swiped: (by: 1 | -1) => void;
  /** The person rests at this scale: more or fewer pixels are worth asking for. */
  readonly settled: () => void;
}

/** How long the person rests until another width is asked for, in milliseconds. */
const settleMs = 400;
const step = 1.5;
const panStep = 0.2;

/** The live picture under the person's fingers: how far it is zoomed, and where. */
export class ZoomedPicture {
  readonly #options: ZoomedOptions;
  readonly #gestures: ZoomGestures;
  readonly #resized: ResizeObserver;
  #timer = 0;
  #settledAt = 1;

  constructor(options: ZoomedOptions) {
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
        scale.setAttribute('aria-label', `${scaleWord(by)}, reset zoom`);
        this.#settle();
      },
    });
    scale.addEventListener('click', () => this.reset());
    this.#resized = new ResizeObserver(() => this.zoomed && this.#gestures.set());
    this.#resized.observe(frame);
  }

  /** True while less than the whole picture is seen. */
  get zoomed(): boolean {
    return this.#gestures.zoomed;
  }

  /** How far. */
  get scale(): number {
    return this.#gestures.at.scale;
  }

  /** The whole picture again. */
  reset(): void {
    this.#gestures.set(whole, true);
  }

  /** What a key does here: + - 0 zoom, arrows pan what is zoomed. @returns true if it did something */
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
    return this.#options.mayZoom() && this.#options.player()?.display.hasPicture === true;
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

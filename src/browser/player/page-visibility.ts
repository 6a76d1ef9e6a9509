import { SleepDetector } from '../lib/sleep-detector.ts';

/** Events of {@link PageVisibility}. */
export interface VisibilityEvents {
  /** Called about twice a second while the video is visible. */
  tick(): void;
  /** The video has been hidden for a while, or the page is being left. */
  hidden(): void;
  /** The video is visible again; also called when it was hidden too briefly for {@link hidden}. */
  shown(): void;
  /** The page did not run for a while although visible: the device slept, or the browser froze the tab. */
  resumed(): void;
}

const tickMs = 500;
/** How long a tab must be hidden before {@link VisibilityEvents.hidden} (ms). */
const hiddenMs = 5_000;

/** Follows whether someone may see a video: not in a hidden tab, unless it is in picture in picture. */
export class PageVisibility {
  readonly #events: VisibilityEvents;
  readonly #end = new AbortController();
  readonly #ticker: number;
  readonly #detector = new SleepDetector();
  #timer = 0;
  #floats = false;

  constructor(events: VisibilityEvents) {
    this.#events = events;
    this.#ticker = window.setInterval(() => this.#tick(), tickMs);
    const { signal } = this.#end;
    document.addEventListener('visibilitychange', () => this.#update(), { signal });
    document.addEventListener('resume', () => this.#update(), { signal });
    // The browser keeps the page in its back/forward cache only if nothing is open.
    addEventListener('pagehide', () => this.#events.hidden(), { signal });
    addEventListener('pageshow', (event) => event.persisted && this.#update(), { signal });
    this.#update();
  }

  /** True while someone may see the video. */
  get visible(): boolean {
    return this.#floats || !document.hidden;
  }

  /** True in picture in picture, where the video is visible even if the tab is hidden. */
  set floats(floats: boolean) {
    if (floats === this.#floats) return;
    this.#floats = floats;
    this.#update();
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#end.abort();
    clearInterval(this.#ticker);
    clearTimeout(this.#timer);
  }

  #update(): void {
    clearTimeout(this.#timer);
    if (this.visible) this.#events.shown();
    else this.#timer = window.setTimeout(() => this.#events.hidden(), hiddenMs);
  }

  #tick(): void {
    const slept = this.#detector.slept(performance.now(), Date.now());
    if (!this.visible) return;
    if (slept) this.#events.resumed();
    this.#events.tick();
  }
}

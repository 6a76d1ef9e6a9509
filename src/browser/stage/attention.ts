import { Steps } from '../lib/steps.ts';

/** What happens when somebody looks, or does not. */
export interface AttentionEvents {
  /** About twice a second while somebody looks. */
  tick(): void;
  /** Nobody has looked for a while. */
  slept(): void;
  /** Somebody looks again; also called when nobody had time to fall asleep. */
  woke(): void;
  /** The page did not run for a while, though somebody looks: the device slept, or the browser froze the tab. */
  lost(): void;
}

const tickMs = 500;
/** How long a tab is hidden until it counts as not looked at, in milliseconds. */
const hiddenMs = 5_000;
/** Tells whether anybody looks at a picture: nobody looks at a hidden tab, unless the picture floats beside it. */
export class Attention {
  readonly #events: AttentionEvents;
  readonly #end = new AbortController();
  readonly #ticker: number;
  #timer = 0;
  #floats = false;
  readonly #steps = new Steps();

  constructor(events: AttentionEvents) {
    this.#events = events;
    this.#ticker = window.setInterval(() => this.#tick(), tickMs);
    const { signal } = this.#end;
    document.addEventListener('visibilitychange', () => this.#look(), { signal });
    document.addEventListener('resume', () => this.#look(), { signal });
    // The browser may keep a page for going back to it, unless something of it is still open.
    addEventListener('pagehide', () => this.#events.slept(), { signal });
    addEventListener('pageshow', (event) => event.persisted && this.#look(), { signal });
    this.#look();
  }

  /** True while somebody may see the picture. */
  get looks(): boolean {
    return this.#floats || !document.hidden;
  }

  /** The picture floats over other windows, where it is seen whatever happens to the tab. */
  set floats(floats: boolean) {
    if (floats === this.#floats) return;
    this.#floats = floats;
    this.#look();
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#end.abort();
    clearInterval(this.#ticker);
    clearTimeout(this.#timer);
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (this.looks) this.#events.woke();
    else this.#timer = window.setTimeout(() => this.#events.slept(), hiddenMs);
  }

  #tick(): void {
    const lost = this.#steps.missed(performance.now(), Date.now());
    if (!this.looks) return;
    if (lost) this.#events.lost();
    this.#events.tick();
  }
}

/** What a person has chosen; `auto` takes the best that works. */
export type Pinned = 'auto' | 'h264' | 'jpeg';

/** The first wait before H.264 is tried again, in milliseconds; each failure doubles it up to the longest. */
const firstWait = 4_000;
const longestWait = 60_000;
/** H.264 that was shown for so long had not failed before, in milliseconds. */
const sound = 30_000;

/** Decides which way the picture comes: H.264 where it works, JPEG elsewhere; neither back and forth nor for good. */
export class TransportChoice {
  pinned: Pinned;
  #supported: boolean;
  #failures = 0;
  #retryAt = -Infinity;
  #shownAt: number | null = null;

  /** @param supported false where the browser has no Media Source Extensions */
  constructor(pinned: Pinned, supported: boolean) {
    this.pinned = pinned;
    this.#supported = supported;
  }

  /** True if H.264 is to be brought up, or goes on, at this time in milliseconds. */
  wantsH264(now: number): boolean {
    return this.#supported && this.pinned !== 'jpeg' && now >= this.#retryAt;
  }

  /** True if JPEG is to be shown until H.264 is there; a person who wants H.264 sees it only when that fails. */
  get wantsJpeg(): boolean {
    return !this.#supported || this.pinned !== 'h264' || this.#failures > 0;
  }

  /** H.264 is on the screen. */
  shown(now: number): void {
    this.#shownAt = now;
  }

  /** H.264 does not work, for now. */
  failed(now: number): void {
    if (this.#shownAt !== null && now - this.#shownAt > sound) this.#failures = 0;
    this.#retryAt = now + Math.min(longestWait, firstWait * 2 ** this.#failures);
    this.#failures += 1;
    this.#shownAt = null;
  }

  /** Something on the way has changed: there is no need to wait. */
  retryNow(): void {
    this.#retryAt = -Infinity;
  }

  /** This browser cannot play what comes, whatever happens. */
  unsupported(): void {
    this.#supported = false;
  }
}

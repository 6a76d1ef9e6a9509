/** The ways that are better than JPEG, the best one first. This is the one place that orders them. */
export const betterTransports = ['webrtc', 'h264'] as const;

/** A way that is better than JPEG where it works: WebRTC, or H.264 over the WebSocket (MSE). */
export type Better = (typeof betterTransports)[number];

/** How a picture comes; `jpeg` works everywhere. */
export type Transport = Better | 'jpeg';

/** What a person has chosen; `auto` takes the best that works. */
export type Pinned = 'auto' | Transport;

/** Whether a text names a choice of transport. */
export function isPinned(text: string | null): text is Pinned {
  return text === 'auto' || text === 'jpeg' || (betterTransports as readonly (string | null)[]).includes(text);
}

/** How long a way that failed is left alone, in milliseconds: for a moment at first, and never for long. */
const waits = [4_000, 8_000] as const;
/**
 * A way that comes on the screen and soon leaves it again, more often than this, is left alone for longer each time: the
 * first such wait and the longest, in milliseconds. Behind JPEG there is much to gain; behind another way that works
 * there is little, and a change may be seen.
 */
const mostBreaks = 2;
const restless = {
  jpeg: { first: 16_000, longest: 60_000 },
  better: { first: 30_000, longest: 600_000 },
} as const;
/** A way that was shown for so long is a sound one, in milliseconds. */
const audio = 30_000;

/** What is known of one way. */
interface History {
  supported: boolean;
  /** In a row, since it was last shown for long. */
  failures: number;
  /** Those of them that came soon after it was shown. */
  breaks: number;
  failedAt: number;
  shownAt: number | null;
}

/** Decides which way the picture comes: the best that works, JPEG elsewhere; neither back and forth nor for good. */
export class TransportChoice {
  pinned: Pinned;
  readonly #records: Readonly<Record<Better, History>>;

  /** @param supported the better ways that this browser and this page may take */
  constructor(pinned: Pinned, supported: readonly Better[]) {
    this.pinned = pinned;
    const fresh = (name: Better): [Better, History] => [
      name,
      { supported: supported.includes(name), failures: 0, breaks: 0, failedAt: -Infinity, shownAt: null },
    ];
    this.#records = Object.fromEntries(betterTransports.map(fresh)) as Record<Better, History>;
  }

  /** True if the person and the browser allow this way. */
  allows(name: Better): boolean {
    return this.#records[name].supported && (this.pinned === 'auto' || this.pinned === name);
  }

  /**
   * The way to bring up now, behind what is shown.
   *
   * @param now milliseconds of any clock
   * @param shown what is on the screen; null for JPEG
   */
  next(now: number, shown: Better | null): Better | null {
    const better = betterTransports.slice(0, shown === null ? undefined : betterTransports.indexOf(shown));
    return better.find((name) => this.allows(name) && now >= this.#dueAt(name, shown !== null)) ?? null;
  }

  /** True if JPEG is to be shown until something better is there; who has chosen that sees JPEG only when it fails. */
  get wantsJpeg(): boolean {
    const { pinned } = this;
    if (pinned === 'auto' || pinned === 'jpeg') return true;
    return !this.#records[pinned].supported || this.#records[pinned].failures > 0;
  }

  /** This way is on the screen. */
  shown(name: Better, now: number): void {
    this.#records[name].shownAt = now;
  }

  /** This way left the screen for something else, and not because it failed. */
  replaced(name: Better): void {
    this.#records[name].shownAt = null;
  }

  /** This way does not work, for now. */
  failed(name: Better, now: number): void {
    const record = this.#records[name];
    const shownFor = record.shownAt === null ? null : now - record.shownAt;
    if (shownFor !== null && shownFor > audio) Object.assign(record, { failures: 0, breaks: 0 });
    else if (shownFor !== null) record.breaks += 1;
    record.failures += 1;
    record.failedAt = now;
    record.shownAt = null;
  }

  /** Something on the way has changed: there is no need to wait. */
  retryNow(): void {
    for (const name of betterTransports) this.#records[name].failedAt = -Infinity;
  }

  /** This way cannot work here, whatever happens. */
  unsupported(name: Better): void {
    this.#records[name].supported = false;
  }

  #dueAt(name: Better, behindBetter: boolean): number {
    const { failures, breaks, failedAt } = this.#records[name];
    const usual = waits[Math.min(failures, waits.length) - 1] ?? 0;
    if (breaks <= mostBreaks) return failedAt + usual;
    const { first, longest } = behindBetter ? restless.better : restless.jpeg;
    return failedAt + Math.min(longest, first * 2 ** (breaks - mostBreaks - 1));
  }
}

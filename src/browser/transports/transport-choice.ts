/** The transports that are better than JPEG, best first. This is the only place that orders them. */
export const videoTransports = ['webrtc', 'h264'] as const;

/** A transport that is better than JPEG where it works: WebRTC, or H.264 over the WebSocket (MSE). */
export type VideoTransportName = (typeof videoTransports)[number];

/** How frames reach the page; `jpeg` works everywhere. */
export type Transport = VideoTransportName | 'jpeg';

/** The viewer's choice; `auto` uses the best transport that works. */
export type Pinned = 'auto' | Transport;

/** True if the text names a choice of transport. */
export function isPinned(text: string | null): text is Pinned {
  return text === 'auto' || text === 'jpeg' || (videoTransports as readonly (string | null)[]).includes(text);
}

/** How long to wait before retrying a transport: after its first failure in a row, and after each later one (ms). */
const retryDelays = [4_000, 8_000] as const;
/** A transport that fails soon after it was shown more often than this waits longer each time. */
const toleratedBreaks = 2;
/**
 * The first and the longest of these longer waits (ms). They are shorter while JPEG is shown, when there is much to gain,
 * than while another video transport works, when a switch gains little and may be visible.
 */
const backoff = {
  jpeg: { first: 16_000, longest: 60_000 },
  video: { first: 30_000, longest: 600_000 },
} as const;
/** A transport that was shown for this long is stable (ms). */
const stableAfter = 30_000;

/** Record of one transport. */
interface History {
  supported: boolean;
  /** Failures in a row since it was last stable. */
  failures: number;
  /** How many of these happened soon after it was shown. */
  breaks: number;
  failedAt: number;
  shownAt: number | null;
}

/** Chooses the transport: the best that works, JPEG otherwise. It neither flaps nor gives a transport up for good. */
export class TransportChoice {
  pinned: Pinned;
  readonly #records: Readonly<Record<VideoTransportName, History>>;

  /** @param supported the video transports that this browser supports */
  constructor(pinned: Pinned, supported: readonly VideoTransportName[]) {
    this.pinned = pinned;
    const fresh = (name: VideoTransportName): [VideoTransportName, History] => [
      name,
      { supported: supported.includes(name), failures: 0, breaks: 0, failedAt: -Infinity, shownAt: null },
    ];
    this.#records = Object.fromEntries(videoTransports.map(fresh)) as Record<VideoTransportName, History>;
  }

  /** True if the viewer's choice and the browser allow this transport. */
  allows(name: VideoTransportName): boolean {
    return this.#records[name].supported && (this.pinned === 'auto' || this.pinned === name);
  }

  /**
   * The transport to open now, behind the one shown.
   *
   * @param now milliseconds of any clock
   * @param shown the transport on the screen; null for JPEG
   */
  next(now: number, shown: VideoTransportName | null): VideoTransportName | null {
    const candidates = videoTransports.slice(0, shown === null ? undefined : videoTransports.indexOf(shown));
    return candidates.find((name) => this.allows(name) && now >= this.#dueAt(name, shown !== null)) ?? null;
  }

  /** True if JPEG should be shown meanwhile. If a video transport is pinned, only after it has failed. */
  get wantsJpeg(): boolean {
    const { pinned } = this;
    if (pinned === 'auto' || pinned === 'jpeg') return true;
    return !this.#records[pinned].supported || this.#records[pinned].failures > 0;
  }

  /** Notes that this transport is on the screen. */
  shown(name: VideoTransportName, now: number): void {
    this.#records[name].shownAt = now;
  }

  /** Notes that another transport replaced this one, which has not failed. */
  replaced(name: VideoTransportName): void {
    this.#records[name].shownAt = null;
  }

  /** Notes that this transport failed. */
  failed(name: VideoTransportName, now: number): void {
    const record = this.#records[name];
    const shownFor = record.shownAt === null ? null : now - record.shownAt;
    if (shownFor !== null && shownFor > stableAfter) Object.assign(record, { failures: 0, breaks: 0 });
    else if (shownFor !== null) record.breaks += 1;
    record.failures += 1;
    record.failedAt = now;
    record.shownAt = null;
  }

  /** The network or the camera has changed: retries all transports without delay. */
  retryNow(): void {
    for (const name of videoTransports) this.#records[name].failedAt = -Infinity;
  }

  /** Notes that this transport cannot work here. */
  unsupported(name: VideoTransportName): void {
    this.#records[name].supported = false;
  }

  #dueAt(name: VideoTransportName, behindVideo: boolean): number {
    const { failures, breaks, failedAt } = this.#records[name];
    const delay = retryDelays[Math.min(failures, retryDelays.length) - 1] ?? 0;
    if (breaks <= toleratedBreaks) return failedAt + delay;
    const { first, longest } = behindVideo ? backoff.video : backoff.jpeg;
    return failedAt + Math.min(longest, first * 2 ** (breaks - toleratedBreaks - 1));
  }
}

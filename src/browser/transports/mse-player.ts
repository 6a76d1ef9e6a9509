import type { ServerClock } from './clock.ts';
import { type Stats, Meter } from '../player/stats.ts';
import { startOf, typeOf } from './fmp4.ts';
import type { PictureFrame } from './frame.ts';
import { LiveEdge } from './live-edge.ts';
import { mediaSource } from './media-source.ts';

/** What a player tells. */
export interface MseEvents {
  /** The first picture is on the screen. */
  shown(): void;
  /** A picture is. */
  drawn(): void;
  /**
   * It does not go on: nothing comes of it any more.
   *
   * @param why `restarted` when the stream began anew, `unsupported` when this browser cannot play it at all
   */
  failed(why: 'restarted' | 'unsupported' | 'stalled' | 'error'): void;
}

/** Pictures come, and none is shown for so long: then it is stuck, in milliseconds; the first one may take longer. */
const stallTimeout = { first: 8_000, later: 3_000 } as const;
/** How much of what was shown stays in the buffer, in seconds. */
const kept = 8;
/** Capture times that are remembered. */
const mostTimes = 300;
/** A stream whose times go back by more than this is another one, in seconds. */
const setBack = 0.5;

/** Plays the H.264 of one camera through Media Source Extensions, at the live edge. */
export class MsePlayer {
  /** Where it plays; it shows nothing before {@link MseEvents.shown}. */
  readonly video = document.createElement('video');
  readonly #clock: ServerClock;
  readonly #events: MseEvents;
  readonly #source: MediaSource;
  readonly #url: string;
  readonly #meter = new Meter();
  readonly #edge = new LiveEdge();
  #buffer: SourceBuffer | null = null;
  /** What waits to be appended; a text is the type of what follows. */
  #queue: (Uint8Array<ArrayBuffer> | string)[] = [];
  /** When each picture of the timeline was captured, in its order. */
  readonly #times: { readonly start: number; readonly capturedAt: number }[] = [];
  #type: string | null = null;
  #shownTime: number | null = null;
  #receivedAt = 0;
  #drawnAt = 0;
  #waitingSince = performance.now();
  #closed = false;

  constructor(clock: ServerClock, label: string, events: MseEvents) {
    this.#clock = clock;
    this.#events = events;
    const Source = mediaSource();
    if (Source === null) throw new TypeError('look with mediaSource() first');
    this.#source = new Source();
    this.#source.addEventListener('sourceopen', () => this.#flush());
    const { video } = this;
    video.muted = true;
    video.playsInline = true;
    // Without this, Safari on a phone opens no managed source.
    video.disableRemotePlayback = true;
    video.setAttribute('aria-label', label);
    video.addEventListener('error', () => this.#fail('error'));
    video.addEventListener('waiting', () => this.#edge.stalled(performance.now()));
    this.#url = URL.createObjectURL(this.#source);
    video.src = this.#url;
    this.#followFrames();
  }

  /** True once a picture is on the screen. */
  get hasPicture(): boolean {
    return this.#drawnAt > 0;
  }

  /** When the picture on the screen was captured, in milliseconds since the epoch by the server's clock; for sound. */
  get shownTime(): number | null {
    return this.#shownTime;
  }

  /** Milliseconds since the last picture came on the screen. */
  get silentFor(): number {
    return performance.now() - this.#drawnAt;
  }

  /** Takes what has just arrived. */
  push(frame: PictureFrame): void {
    if (this.#closed) return;
    if (frame.kind === 'init') {
      this.#meter.beginStream();
      this.#prepare(frame.content);
    } else this.#take(frame);
    this.#flush();
  }

  /** The tab is shown again: on at the live edge. */
  wake(): void {
    if (this.hasPicture) this.#drawnAt = performance.now();
    this.#waitingSince = performance.now();
    this.#follow();
  }

  /** Looks whether it is stuck; called about twice a second while the tab is shown. */
  check(): void {
    const now = performance.now();
    this.#follow();
    // What does not come cannot be shown: that is not the player's fault.
    if (now - this.#receivedAt > 1_000) this.#waitingSince = now;
    const since = Math.max(this.#drawnAt, this.#waitingSince);
    if (now - since > (this.hasPicture ? stallTimeout.later : stallTimeout.first)) this.#fail('stalled');
  }

  /** What is measured now. */
  stats(): Stats {
    const stats = this.#meter.stats(performance.now());
    const age = stats.age === null ? null : Math.max(stats.age, this.silentFor > 1_000 ? this.silentFor : 0);
    const late = this.video.getVideoPlaybackQuality().droppedVideoFrames;
    return { ...stats, age, drops: stats.drops + late };
  }

  /** Ends it; the last picture is lost. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    URL.revokeObjectURL(this.#url);
    this.video.removeAttribute('src');
    this.video.load();
    this.video.remove();
  }

  #prepare(init: Uint8Array<ArrayBuffer>): void {
    const type = typeOf(init);
    if (type === null || mediaSource()?.isTypeSupported(type) !== true) {
      this.#fail('unsupported');
      return;
    }
    if (type !== this.#type) this.#queue.push(type);
    this.#type = type;
    this.#queue.push(init);
  }

  #take({ content, sequence, capturedAt }: PictureFrame): void {
    const start = startOf(content);
    if (start === null || this.#type === null) return;
    if (start < (this.#times.at(-1)?.start ?? 0) - setBack) {
      this.#fail('restarted');
      return;
    }
    this.#receivedAt = performance.now();
    this.#meter.received(sequence, content.byteLength, this.#receivedAt);
    this.#times.push({ start, capturedAt });
    if (this.#times.length > mostTimes) this.#times.shift();
    this.#queue.push(content);
  }

  /** Appends all that waits in one go. */
  #flush(): void {
    if (this.#closed || this.#source.readyState !== 'open' || this.#buffer?.updating === true) return;
    const [first] = this.#queue;
    if (first === undefined) return;
    try {
      if (typeof first === 'string') {
        this.#queue.shift();
        this.#setType(first);
        this.#flush();
        return;
      }
      const end = this.#queue.findIndex((each) => typeof each === 'string');
      const parts = this.#queue.splice(0, end === -1 ? this.#queue.length : end) as Uint8Array<ArrayBuffer>[];
      this.#buffer?.appendBuffer(parts.length === 1 ? first : joined(parts));
    } catch {
      this.#fail('error');
    }
  }

  #setType(type: string): void {
    if (this.#buffer !== null) {
      this.#buffer.changeType(type);
      return;
    }
    this.#buffer = this.#source.addSourceBuffer(type);
    this.#buffer.addEventListener('updateend', () => {
      if (this.#closed) return;
      this.#follow();
      this.#trim();
      this.#flush();
    });
  }

  /** Goes where the live picture is. */
  #follow(): void {
    const { video } = this;
    const last = video.buffered.length - 1;
    if (this.#closed || last < 0) return;
    const [start, end] = [video.buffered.start(last), video.buffered.end(last)];
    const { seek, rate } = this.#edge.next({ position: video.currentTime, start, end }, performance.now());
    if (seek !== undefined && !video.seeking) video.currentTime = seek;
    if (video.playbackRate !== rate) video.playbackRate = rate;
    if (video.paused && !document.hidden) video.play().catch(() => undefined);
  }

  /** Forgets what was shown a while ago. */
  #trim(): void {
    const { video } = this;
    const buffer = this.#buffer;
    if (buffer === null || buffer.updating || buffer.buffered.length === 0) return;
    if (video.currentTime - buffer.buffered.start(0) > 2 * kept) buffer.remove(0, video.currentTime - kept);
  }

  /** Notes each picture that comes on the screen. */
  #followFrames(): void {
    const { video } = this;
    if ('requestVideoFrameCallback' in video) {
      const note: VideoFrameRequestCallback = (now, { mediaTime, expectedDisplayTime }) => {
        if (this.#closed) return;
        video.requestVideoFrameCallback(note);
        this.#drawn(mediaTime, Math.max(0, expectedDisplayTime - now));
      };
      video.requestVideoFrameCallback(note);
      return;
    }
    // Elsewhere, what the element says it has shown.
    let shown = 0;
    const look = (): void => {
      if (this.#closed) return;
      requestAnimationFrame(look);
      const { totalVideoFrames } = (video as HTMLVideoElement).getVideoPlaybackQuality();
      if (totalVideoFrames > shown) this.#drawn((video as HTMLVideoElement).currentTime, 0);
      shown = totalVideoFrames;
    };
    requestAnimationFrame(look);
  }

  /** @param until milliseconds until the screen shows it */
  #drawn(mediaTime: number, until: number): void {
    const now = performance.now();
    const isFirst = !this.hasPicture;
    this.#drawnAt = now;
    const time = this.#times.findLast(({ start }) => start <= mediaTime + 0.001);
    this.#shownTime = time?.capturedAt ?? null;
    if (time !== undefined) this.#meter.drawn(Math.max(0, this.#clock.now() + until - time.capturedAt), now);
    if (isFirst) this.#events.shown();
    this.#events.drawn();
  }

  #fail(why: Parameters<MseEvents['failed']>[0]): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.failed(why);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

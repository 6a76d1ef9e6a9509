import type { ServerClock } from '../connection/server-clock.ts';
import { type Stats, Meter } from './meter.ts';
import { startOf, typeOf } from './fmp4.ts';
import type { MediaFrame } from '../connection/frame.ts';
import { LiveEdge } from './live-edge.ts';
import { mediaSource } from './media-source.ts';

/** Events of the player. */
export interface MseEvents {
  /** The first frame is on the screen. */
  shown(): void;
  /** A frame is on the screen. */
  drawn(): void;
  /**
   * Playback has ended.
   *
   * @param why `restarted` when the stream started over, `unsupported` when this browser cannot play it
   */
  failed(why: 'restarted' | 'unsupported' | 'stalled' | 'error'): void;
}

/** If frames arrive but none is shown for this long, playback is stuck (ms); the first frame may take longer. */
const stallTimeout = { first: 8_000, later: 3_000 } as const;
/** How much played video stays in the buffer (s). */
const kept = 8;
/** How many capture times are remembered. */
const mostTimes = 300;
/** If timestamps go back by more than this, the stream has started over (s). */
const setBack = 0.5;

/** Plays the H.264 of one camera through Media Source Extensions, at the live edge. */
export class MsePlayer {
  /** The element that plays it; it shows nothing before {@link MseEvents.shown}. */
  readonly video = document.createElement('video');
  readonly #clock: ServerClock;
  readonly #events: MseEvents;
  readonly #source: MediaSource;
  readonly #url: string;
  readonly #meter = new Meter();
  readonly #edge = new LiveEdge();
  #buffer: SourceBuffer | null = null;
  /** Segments to append; a string is the MIME type of those that follow. */
  #queue: (Uint8Array<ArrayBuffer> | string)[] = [];
  /** Capture time of each frame on the timeline, in order. */
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
    if (Source === null) throw new TypeError('check mediaSource() first');
    this.#source = new Source();
    this.#source.addEventListener('sourceopen', () => this.#flush());
    const { video } = this;
    video.muted = true;
    video.playsInline = true;
    // Safari on iPhones opens a ManagedMediaSource only with this.
    video.disableRemotePlayback = true;
    video.setAttribute('aria-label', label);
    video.addEventListener('error', () => this.#fail('error'));
    video.addEventListener('waiting', () => this.#edge.stalled(performance.now()));
    this.#url = URL.createObjectURL(this.#source);
    video.src = this.#url;
    this.#followFrames();
  }

  /** True once a frame is on the screen. */
  get hasFrame(): boolean {
    return this.#drawnAt > 0;
  }

  /** Capture time of the frame on the screen in milliseconds since the epoch, by the server's clock; audio follows it. */
  get shownTime(): number | null {
    return this.#shownTime;
  }

  /** Milliseconds since the last frame came on the screen. */
  get silentFor(): number {
    return performance.now() - this.#drawnAt;
  }

  /** Takes a message that has just arrived. */
  push(frame: MediaFrame): void {
    if (this.#closed) return;
    if (frame.kind === 'init') {
      this.#meter.beginStream();
      this.#prepare(frame.content);
    } else this.#take(frame);
    this.#flush();
  }

  /** The tab is visible again: continues at the live edge. */
  wake(): void {
    if (this.hasFrame) this.#drawnAt = performance.now();
    this.#waitingSince = performance.now();
    this.#follow();
  }

  /** Checks whether playback is stuck; called about twice a second while the tab is visible. */
  check(): void {
    const now = performance.now();
    this.#follow();
    // If nothing arrives, nothing can be shown; the player is not stuck.
    if (now - this.#receivedAt > 1_000) this.#waitingSince = now;
    const since = Math.max(this.#drawnAt, this.#waitingSince);
    if (now - since > (this.hasFrame ? stallTimeout.later : stallTimeout.first)) this.#fail('stalled');
  }

  /** The current stats. */
  stats(): Stats {
    const stats = this.#meter.stats(performance.now());
    const age = stats.age === null ? null : Math.max(stats.age, this.silentFor > 1_000 ? this.silentFor : 0);
    const late = this.video.getVideoPlaybackQuality().droppedVideoFrames;
    return { ...stats, age, drops: stats.drops + late };
  }

  /** Ends playback; the last frame is lost. Idempotent. */
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

  #take({ content, sequence, capturedAt }: MediaFrame): void {
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

  /** Appends all queued segments at once. */
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

  /** Keeps playback at the live edge. */
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

  /** Removes what was shown a while ago from the buffer. */
  #trim(): void {
    const { video } = this;
    const buffer = this.#buffer;
    if (buffer === null || buffer.updating || buffer.buffered.length === 0) return;
    if (video.currentTime - buffer.buffered.start(0) > 2 * kept) buffer.remove(0, video.currentTime - kept);
  }

  /** Notes each frame that comes on the screen. */
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
    // Without that API, the element's own count of frames.
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

  /** @param until milliseconds until the screen shows the frame */
  #drawn(mediaTime: number, until: number): void {
    const now = performance.now();
    const isFirst = !this.hasFrame;
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

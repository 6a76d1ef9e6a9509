import type { ServerClock } from '../connection/server-clock.ts';
import { type Stats, Meter } from './meter.ts';
import { iceServersOf, trickleFragment, WhepSession } from './whep.ts';

/** Events of the player. */
export interface WebRtcEvents {
  /** The first frame is on the screen. */
  shown(): void;
  /** A frame is on the screen. */
  drawn(): void;
  /**
   * Playback has ended.
   *
   * @param why `unsupported` when this browser or this server cannot do WebRTC
   */
  failed(why: 'unsupported' | 'stalled' | 'error'): void;
}

/** If frames arrive, or should, but none is shown for this long, playback is stuck (ms). */
const stallTimeout = { first: 8_000, later: 3_000 } as const;
/** RTP clock ticks per millisecond. */
const ticks = 90;
/** Time span over which the bitrate is measured (ms). */
const span = 2_000;
/** HTTP statuses for which a retry is pointless: no WebRTC on this server, or no codec that this browser plays. */
const forGood: readonly number[] = [406, 415, 501];

/** Plays one camera over WebRTC, with or without audio, at the lowest latency the browser allows. */
export class WebRtcPlayer {
  /** The element that plays it; it shows nothing before {@link WebRtcEvents.shown}. */
  readonly video = document.createElement('video');
  readonly #clock: ServerClock;
  readonly #events: WebRtcEvents;
  readonly #connection = new RTCPeerConnection();
  readonly #session: WhepSession;
  readonly #stream = new MediaStream();
  readonly #meter = new Meter();
  #counts: readonly Counts[] = [];
  #protocol: string | null = null;
  #receivedAt = 0;
  #drawnAt = 0;
  #waitingSince = performance.now();
  #lostSince: number | null = null;
  #closed = false;
  /** The transceiver for audio in the offer; null without audio. */
  readonly #audioTransceiver: RTCRtpTransceiver | null;

  /**
   * @param url the camera's WHEP endpoint, such as `/cameras/front/whep?width=640`
   * @param audio true to receive the camera's audio; the viewer must have clicked on the page before
   */
  constructor(clock: ServerClock, label: string, events: WebRtcEvents, url: string, audio = false) {
    this.#clock = clock;
    this.#events = events;
    this.#session = new WhepSession(url);
    const { video } = this;
    video.muted = !audio;
    video.playsInline = true;
    video.disableRemotePlayback = true;
    video.setAttribute('aria-label', label);
    video.addEventListener('error', () => this.#fail('error'));
    this.#connection.addEventListener('connectionstatechange', () => this.#noteState());
    this.#connection.addEventListener('track', ({ track }) => this.#show(track));
    const { receiver } = this.#connection.addTransceiver('video', { direction: 'recvonly' });
    // Each browser implements one of the two; setting the other has no effect.
    Object.assign(receiver, { jitterBufferTarget: 0, playoutDelayHint: 0 });
    this.#audioTransceiver = audio ? this.#connection.addTransceiver('audio', { direction: 'recvonly' }) : null;
    this.#followFrames(receiver);
    this.#start().catch(() => this.#fail('error'));
  }

  /** True once a frame is on the screen. */
  get hasFrame(): boolean {
    return this.#drawnAt > 0;
  }

  /** True if the server sends audio; it may have declined. */
  get hasAudio(): boolean {
    return this.#audioTransceiver?.currentDirection === 'recvonly';
  }

  /** Milliseconds since the last frame came on the screen. */
  get silentFor(): number {
    return performance.now() - this.#drawnAt;
  }

  /** `udp` or `tcp`; null while unknown. */
  get protocol(): string | null {
    return this.#protocol;
  }

  /** The tab is visible again. */
  wake(): void {
    if (this.hasFrame) this.#drawnAt = performance.now();
    this.#waitingSince = performance.now();
    this.#play();
  }

  /** Checks whether playback is stuck; called about twice a second while the tab is visible. */
  check(): void {
    const now = performance.now();
    void this.#count(now);
    this.#play();
    if (this.#lostSince !== null && now - this.#lostSince > stallTimeout.later) {
      this.#fail('error');
      return;
    }
    // Once it plays: if nothing arrives, nothing can be shown; the player is not stuck.
    if (this.hasFrame && now - this.#receivedAt > 1_000) this.#waitingSince = now;
    const since = Math.max(this.#drawnAt, this.#waitingSince);
    if (now - since > (this.hasFrame ? stallTimeout.later : stallTimeout.first)) this.#fail('stalled');
  }

  /** The current stats. */
  stats(): Stats {
    const stats = this.#meter.stats(performance.now());
    const age = stats.age === null ? null : Math.max(stats.age, this.silentFor > 1_000 ? this.silentFor : 0);
    const [first, last] = [this.#counts[0], this.#counts.at(-1)];
    const time = first === undefined || last === undefined ? 0 : last.at - first.at;
    const bitrate = time === 0 ? 0 : (((last?.bytes ?? 0) - (first?.bytes ?? 0)) * 8_000) / time;
    return { ...stats, age, bitrate, drops: last?.drops ?? 0 };
  }

  /** Ends playback and the session on the server; the last frame is lost. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#session.end();
    this.#connection.close();
    this.video.srcObject = null;
    this.video.remove();
  }

  /**
   * Posts the offer without candidates. The server answers with all its candidates, and with the ICE servers that may be
   * needed to gather ours.
   */
  async #start(): Promise<void> {
    const connection = this.#connection;
    const offer = await connection.createOffer();
    const answer = await this.#session.open(offer.sdp ?? '');
    if (this.#closed) return;
    if (answer.sdp === null) {
      this.#fail(forGood.includes(answer.status) ? 'unsupported' : 'error');
      return;
    }
    const iceServers = iceServersOf(answer.link);
    if (iceServers.length > 0) connection.setConfiguration({ iceServers });
    const found: RTCIceCandidate[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate !== null) found.push(candidate);
      clearTimeout(timer);
      timer = setTimeout(() => this.#session.patch(trickleFragment(offer.sdp ?? '', found.splice(0))), 20);
    });
    await connection.setLocalDescription(offer);
    await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  }

  #show(track: MediaStreamTrack): void {
    this.#stream.addTrack(track);
    this.video.srcObject = this.#stream;
    this.#play();
  }

  #play(): void {
    if (this.#closed || !this.video.paused || this.video.srcObject === null || document.hidden) return;
    this.video.play().catch(() => undefined);
  }

  #noteState(): void {
    const { connectionState } = this.#connection;
    if (connectionState === 'failed' || connectionState === 'closed') this.#fail('error');
    else if (connectionState === 'disconnected') this.#lostSince ??= performance.now();
    else this.#lostSince = null;
  }

  /** Notes each frame that comes on the screen. */
  #followFrames(receiver: RTCRtpReceiver): void {
    const { video } = this;
    if ('requestVideoFrameCallback' in video) {
      const note: VideoFrameRequestCallback = (now, { rtpTimestamp, expectedDisplayTime }) => {
        if (this.#closed) return;
        video.requestVideoFrameCallback(note);
        this.#drawn(rtpTimestamp ?? timestampOf(receiver), Math.max(0, expectedDisplayTime - now));
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
      if (totalVideoFrames > shown) this.#drawn(timestampOf(receiver), 0);
      shown = totalVideoFrames;
    };
    requestAnimationFrame(look);
  }

  /** @param until milliseconds until the screen shows the frame */
  #drawn(timestamp: number | undefined, until: number): void {
    const now = performance.now();
    const isFirst = !this.hasFrame;
    this.#drawnAt = now;
    this.#receivedAt = now;
    if (timestamp !== undefined) this.#meter.drawn(ageOf(timestamp, this.#clock.now() + until), now);
    if (isFirst) this.#events.shown();
    this.#events.drawn();
  }

  /** Reads the browser's counters. */
  async #count(at: number): Promise<void> {
    if (this.#connection.connectionState !== 'connected') return;
    const reports = [...(await this.#connection.getStats()).values()] as readonly Report[];
    const video = reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
    const { bytesReceived: bytes = 0, framesDropped: drops = 0 } = video ?? {};
    if (bytes > (this.#counts.at(-1)?.bytes ?? 0)) this.#receivedAt = at;
    const recent = this.#counts.filter((each) => at - each.at <= span);
    this.#counts = [...recent, { at, bytes, drops }];
    const pair = reports.find(
      ({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded',
    );
    this.#protocol = reports.find(({ id }) => id === pair?.remoteCandidateId)?.protocol ?? this.#protocol;
  }

  #fail(why: Parameters<WebRtcEvents['failed']>[0]): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#session.end();
    this.#connection.close();
    this.#events.failed(why);
  }
}

/** The browser's counters at one moment. */
interface Counts {
  readonly at: number;
  readonly bytes: number;
  /** Frames that arrived but were not shown. */
  readonly drops: number;
}

/** The fields used of RTCStatsReport. */
interface Report {
  readonly id: string;
  readonly type: string;
  readonly kind?: string;
  readonly bytesReceived?: number;
  readonly framesDropped?: number;
  readonly nominated?: boolean;
  readonly state?: string;
  readonly remoteCandidateId?: string;
  readonly protocol?: string;
}

/** The RTP timestamp being played, for browsers that do not report it per frame. */
function timestampOf(receiver: RTCRtpReceiver): number | undefined {
  return receiver.getSynchronizationSources()[0]?.rtpTimestamp;
}

/**
 * The age of a frame in milliseconds. Porthole's RTP timestamps are the lowest 32 bits of the capture time since 1970 in
 * ticks of 90 kHz.
 *
 * @param now milliseconds since 1970, by the server's clock
 */
export function ageOf(timestamp: number, now: number): number {
  const wrap = 2 ** 32;
  const age = (((now * ticks - timestamp) % wrap) + wrap) % wrap;
  // With slightly different clocks a frame may seem to come from the future.
  return age > wrap / 2 ? 0 : age / ticks;
}

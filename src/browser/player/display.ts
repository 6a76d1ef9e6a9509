import type { Connection } from '../connection/connection.ts';
import type { MediaFrame } from '../connection/frame.ts';
import type { Stats } from '../transports/meter.ts';
import {
  type Pinned,
  type Transport,
  TransportChoice,
  type VideoTransportName,
  videoTransports,
} from '../transports/transport-choice.ts';
import { transportKinds } from '../transports/transport-kinds.ts';
import { type OpenTransport, TransportOpener } from '../transports/transport-opener.ts';
import type { TransportFailure, VideoRequest } from '../transports/video-transport.ts';
import { LiveAudio } from './audio/live-audio.ts';
import { JpegProbe } from './jpeg-probe.ts';
import { JpegView } from './jpeg-view.ts';

/** Options of {@link Display}. */
export interface DisplayOptions {
  readonly connection: Connection;
  /** Accessible name of the video. */
  readonly label: string;
  /** Parent of the canvas and the videos. */
  readonly place: HTMLElement;
  readonly pinned: Pinned;
  readonly muted: boolean;
  /** True while frames are expected. */
  readonly isLive: () => boolean;
  /** True while someone may see the video. */
  readonly visible: () => boolean;
  /** Called when a frame is on the screen. */
  readonly onDrawn: () => void;
  /**
   * Called before another element replaces the current one, when it already has a frame.
   *
   * @returns resolves when the old element may be removed
   */
  readonly onSwap: () => Promise<void> | null;
}

/** If a transport of a live camera is silent for this long, JPEG is requested for comparison (ms). */
const probeAfter = 3_000;
/** The same after the network or the camera has returned, when a working transport delivers a frame soon (ms). */
const probeAfterReturn = 1_000;

/**
 * Shows one camera over whichever transport works best. JPEG on a canvas starts at once. A video transport is opened
 * behind it, replaces it with its first frame, and gives way to it when it fails.
 */
export class Display {
  readonly #options: DisplayOptions;
  readonly #jpeg: JpegView;
  readonly #probe: JpegProbe;
  readonly #choice: TransportChoice;
  readonly #opener: TransportOpener;
  /** Plays audio over the socket while the shown transport carries none. */
  readonly #audio: LiveAudio;
  /** The transport on the screen; null for JPEG. */
  #shown: OpenTransport | null = null;
  /** The transport that is starting behind it. */
  #next: OpenTransport | null = null;
  /** Drops of transports that were shown since Start and have ended; JPEG counts its own. */
  #drops = 0;
  /** Since when frames are expected; null while none are. */
  #liveSince: number | null = null;
  #request: VideoRequest | null = null;
  #asleep = false;
  #muted: boolean;

  constructor(options: DisplayOptions) {
    this.#options = options;
    this.#muted = options.muted;
    this.#jpeg = new JpegView(options);
    this.#probe = new JpegProbe(this.#jpeg, options.connection.clock);
    this.#audio = new LiveAudio(options.connection, () => this.#shown?.transport.shownTime ?? null);
    const supported = (name: VideoTransportName) => transportKinds[name].supported();
    this.#choice = new TransportChoice(options.pinned, videoTransports.filter(supported));
    this.#opener = new TransportOpener({
      opened: (open) => this.#opened(open),
      shown: (open) => this.#takeOver(open),
      drawn: (open) => void (open === this.#shown && options.onDrawn()),
      failed: (open, why) => this.#ended(open, why),
      unavailable: (name) => this.#choice.failed(name, performance.now()),
    });
  }

  /** The canvas for JPEG, which keeps the last frame of either kind. */
  get canvas(): HTMLCanvasElement {
    return this.#jpeg.canvas;
  }

  /** The element that shows the camera now. */
  get element(): HTMLCanvasElement | HTMLVideoElement {
    return this.#shown?.transport.video ?? this.#jpeg.canvas;
  }

  /** The size of the video in pixels. */
  get size(): { readonly width: number; readonly height: number } {
    const { element } = this;
    return element instanceof HTMLVideoElement
      ? { width: element.videoWidth, height: element.videoHeight }
      : { width: element.width, height: element.height };
  }

  /** The transport in use. */
  get transport(): Transport {
    return this.#shown?.name ?? 'jpeg';
  }

  /** The transport's name for people. */
  get transportName(): string {
    return this.#shown?.kind.name ?? 'WebSocket';
  }

  /** True once a frame was drawn since the last {@link unwatch}. */
  get hasFrame(): boolean {
    return this.#jpeg.hasFrame || this.#shown !== null;
  }

  /** Milliseconds since the last frame was drawn. */
  get silentFor(): number {
    return (this.#shown?.transport ?? this.#jpeg).silentFor;
  }

  /** Milliseconds for which frames were expected and none was drawn. */
  get missingFor(): number {
    return this.#liveSince === null ? 0 : Math.min(this.silentFor, performance.now() - this.#liveSince);
  }

  /** Stats of the transport on the screen; the drops are those of all transports since Start. */
  stats(): Stats {
    const jpeg = this.#jpeg.stats();
    const shown = this.#shown?.transport.stats();
    if (shown === undefined) return { ...jpeg, drops: this.#drops + jpeg.drops };
    return { ...shown, drops: this.#drops + jpeg.drops + shown.drops };
  }

  /** Shows a camera at a width. Call it again with another width to change it without a gap. */
  watch(camera: string, width: number | 'source'): void {
    const request = { camera, width };
    this.#request = request;
    if (this.#asleep) return;
    if (this.#probe.running || (this.#shown === null && this.#choice.wantsJpeg)) this.#jpeg.watch(request);
    for (const { transport } of this.#transports()) transport.watch(request);
    this.#openBest();
    this.#updateAudio();
  }

  /** Stops. The last frame stays, to be blurred. */
  unwatch(): void {
    this.#request = null;
    this.#endAll();
    this.#drops = 0;
    this.#jpeg.reset();
  }

  /** Nobody is looking: requests nothing until {@link wake}. */
  sleep(): void {
    this.#asleep = true;
    this.#endAll();
  }

  /** Someone is looking again. */
  wake(): void {
    this.#choice.retryNow();
    this.#liveSince = null;
    this.#jpeg.wake();
    for (const { transport } of this.#transports()) transport.wake();
    if (!this.#asleep) return;
    this.#asleep = false;
    if (this.#request !== null) this.watch(this.#request.camera, this.#request.width);
  }

  /** Restricts the choice of transport as the viewer wishes. */
  pin(pinned: Pinned): void {
    if (pinned === this.#choice.pinned) return;
    this.#choice.pinned = pinned;
    this.#choice.retryNow();
    if (this.#request === null || this.#asleep) return;
    this.#probe.stop();
    for (const open of this.#transports()) if (!this.#choice.allows(open.name)) this.#end(open);
    this.#opener.cancel();
    if (!this.#choice.wantsJpeg) this.#jpeg.unwatch();
    this.watch(this.#request.camera, this.#request.width);
  }

  /** Turns the camera's audio off or on. */
  setMuted(muted: boolean): void {
    this.#muted = muted;
    for (const { transport } of this.#transports()) transport.setMuted?.(muted);
    if (!this.#asleep) this.#openBest();
    this.#updateAudio();
  }

  /** The network or the camera has returned: transports that failed before may work now. */
  retryNow(): void {
    this.#choice.retryNow();
    this.tick();
    const silentFor = this.#shown?.transport.silentFor ?? 0;
    if (this.#liveSince !== null && silentFor > probeAfterReturn) this.#startProbe();
  }

  /** From now on, messages of this stream belong to this view. @returns true if the view is this display's */
  setStream(view: number, stream: number): boolean {
    if (this.#jpeg.setStream(view, stream) || this.#audio.setStream(view, stream)) return true;
    return this.#transports().some(({ transport }) => transport.setStream?.(view, stream) === true);
  }

  /** The server cannot send this view. @returns true if nothing can be shown for that reason */
  setProblem(view: number): boolean {
    if (view === this.#jpeg.view) return this.#shown === null;
    this.#audio.setProblem(view);
    for (const open of this.#transports()) if (open.transport.setProblem?.(view) === true) this.#failed(open);
    return false;
  }

  /** Takes a message of the socket if it is this display's. */
  take(frame: MediaFrame): void {
    if (this.#request === null) return;
    this.#audio.take(frame);
    if (frame.kind !== 'jpeg') for (const { transport } of this.#transports()) transport.take?.(frame);
    // A JPEG frame that was on its way when a video transport took over is not drawn.
    else if (this.#shown === null) this.#jpeg.take(frame);
    else this.#probe.take(frame, this.#shown.transport.silentFor);
  }

  /** Checks all transports; called about twice a second while the tab is visible. */
  tick(): void {
    const isLive = this.#options.isLive();
    this.#liveSince = isLive ? (this.#liveSince ?? performance.now()) : null;
    if (this.#request === null || this.#asleep) return;
    for (const { transport } of this.#transports()) transport.check();
    this.#checkSilence();
    const next = this.#next;
    if (next !== null && !isLive) next.since = performance.now();
    else if (next !== null && performance.now() - next.since > next.kind.startTimeout) this.#failed(next);
    this.#openBest();
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#request = null;
    for (const { transport } of this.#transports()) transport.close();
    this.#opener.cancel();
    this.#shown = null;
    this.#next = null;
    this.#audio.stop();
    this.#jpeg.close();
  }

  #transports(): readonly OpenTransport[] {
    return [this.#shown, this.#next].filter((open) => open !== null);
  }

  /** Gives up a transport that has stalled while its camera is live. */
  #checkSilence(): void {
    const shown = this.#shown;
    if (shown === null || this.#liveSince === null) return this.#probe.stop();
    const silentFor = Math.min(shown.transport.silentFor, performance.now() - this.#liveSince);
    if (shown.transport.silentFor < probeAfterReturn) this.#probe.stop();
    else if (silentFor > probeAfter) this.#startProbe();
    // Without a view for JPEG, which the server limits, there is nothing to compare with.
    if (this.#probe.stalled || (this.#jpeg.view === null && silentFor > probeAfter)) this.#failed(shown);
  }

  #startProbe(): void {
    if (this.#shown !== null && this.#request !== null && !this.#asleep) this.#probe.start(this.#request);
  }

  /** Opens the best transport that may work, behind what is shown. */
  #openBest(): void {
    if (this.#next !== null || this.#opener.busy || this.#request === null) return;
    // The request for JPEG opens the camera. Until it is live, a video transport would only fail.
    if (this.#choice.wantsJpeg && !this.#options.isLive()) return;
    const name = this.#choice.next(performance.now(), this.#shown?.name ?? null);
    if (name === null) return;
    const { connection, label } = this.#options;
    this.#opener.open(name, { connection, label, request: this.#request, muted: this.#muted });
  }

  #opened(open: OpenTransport): void {
    const { transport } = open;
    if (this.#request === null) return;
    this.#next = open;
    transport.video.className = 'coming';
    this.#options.place.append(transport.video);
    // A change of audio may end the transport.
    transport.setMuted?.(this.#muted);
    if (this.#next === open) transport.watch(this.#request);
  }

  /** The first frame is ready: the video covers the frame before it, so nothing flashes. */
  #takeOver(open: OpenTransport): void {
    if (open !== this.#next) return;
    const before = this.#shown;
    this.#probe.stop();
    this.#next = null;
    this.#shown = open;
    open.transport.video.className = '';
    this.#choice.shown(open.name, performance.now());
    this.#jpeg.unwatch();
    this.#updateAudio();
    if (before !== null) {
      this.#choice.replaced(before.name);
      this.#drops += before.transport.stats().drops;
    }
    const swapped = this.#options.onSwap();
    if (before !== null) closeAfter(before, swapped);
    this.#options.onDrawn();
  }

  #ended(open: OpenTransport, why: TransportFailure): void {
    if (!this.#transports().includes(open)) return;
    const { name } = open;
    if (why === 'unsupported') this.#choice.unsupported(name);
    if (why === 'resized') this.#choice.replaced(name);
    else this.#choice.failed(name, performance.now());
    this.#giveUp(open);
    if (why === 'restarted') this.#choice.retryNow();
  }

  #failed(open: OpenTransport): void {
    this.#choice.failed(open.name, performance.now());
    this.#giveUp(open);
  }

  #giveUp(open: OpenTransport): void {
    this.#end(open);
    if (this.#request !== null && !this.#asleep && this.#shown === null && this.#choice.wantsJpeg) {
      this.#jpeg.watch(this.#request);
    }
  }

  /** Ends one transport. Its last frame stays on the canvas until JPEG or another transport delivers one. */
  #end(open: OpenTransport): void {
    const { transport } = open;
    if (open === this.#next) this.#next = null;
    if (open !== this.#shown) return transport.close();
    this.#probe.stop();
    this.#drops += transport.stats().drops;
    this.#shown = null;
    this.#jpeg.still(transport.video, transport.silentFor);
    this.#updateAudio();
    closeAfter(open, this.#options.onSwap());
  }

  #endAll(): void {
    for (const open of this.#transports()) this.#end(open);
    this.#opener.cancel();
    this.#jpeg.unwatch();
    this.#audio.stop();
  }

  /** Plays audio over the socket while it is wanted and the shown transport carries none. */
  #updateAudio(): void {
    const wanted = !this.#muted && !this.#asleep && this.#shown?.transport.hasAudio !== true;
    if (wanted && this.#request !== null) this.#audio.play(this.#request.camera);
    else this.#audio.stop();
  }
}

/** Closes a transport that was on the screen once its element is no longer needed. */
function closeAfter({ transport }: OpenTransport, swapped: Promise<void> | null): void {
  transport.video.className = 'coming';
  if (swapped === null) transport.close();
  else void swapped.finally(() => transport.close());
}

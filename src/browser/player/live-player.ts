import type { CameraInfo } from '../../domain/cameras/camera.ts';
import type { Problem } from '../../domain/errors.ts';
import { type Refusal, type ViewState, viewState } from '../../text/view-state.ts';
import { PageVisibility } from './page-visibility.ts';
import type { Connection } from '../connection/connection.ts';
import type { LiveEvent } from '../connection/live-event.ts';
import { Display } from './display.ts';
import { MjpegImage } from './mjpeg-image.ts';
import type { Stats } from '../transports/meter.ts';
import type { Pinned, Transport } from '../transports/transport-choice.ts';

/** Options of {@link LivePlayer}. */
export interface LivePlayerOptions {
  readonly connection: Connection;
  /** The camera's id. */
  readonly camera: string;
  /** Accessible name of the video. */
  readonly label: string;
  /** Parent of the element that shows the video. */
  readonly place: HTMLElement;
  readonly pinned: Pinned;
  readonly muted: boolean;
  /** The width to request now. */
  readonly width: () => number | 'source';
  readonly events: LivePlayerEvents;
}

/** Events of {@link LivePlayer}. */
export interface LivePlayerEvents {
  /** The state may have changed; also called twice a second while the video is visible. */
  updated(): void;
  /** The first frame since Start, or the first one from another element. */
  drawn(): void;
  /** Any frame. */
  painted(): void;
  /** Another element takes over. @returns resolves when the old element may be removed */
  swapped(): Promise<void> | null;
}

/** Plays one camera and describes its state. */
export class LivePlayer {
  readonly #options: LivePlayerOptions;
  readonly #display: Display;
  readonly #visibility: PageVisibility;
  readonly #image: MjpegImage;
  readonly #forget: () => void;
  readonly #end = new AbortController();
  #streaming = false;
  #known = false;
  #problem: Problem | null = null;
  #problemAt = 0;
  #wasLive = false;
  #drawn: Element | null = null;
  #asleep = false;
  #size = '';

  constructor(options: LivePlayerOptions) {
    this.#options = options;
    const { connection, camera, events } = options;
    this.#image = new MjpegImage(options);
    this.#display = new Display({
      ...options,
      isLive: () => this.camera?.state.kind === 'live' && connection.status === 'open',
      visible: () => this.#visibility.visible,
      onDrawn: () => this.#onDrawn(),
      onSwap: () => events.swapped(),
    });
    this.#visibility = new PageVisibility({
      tick: () => this.#tick(),
      hidden: () => this.#sleep(true),
      shown: () => this.#sleep(false),
      resumed: () => this.#resume(),
    });
    addEventListener('online', () => this.#display.retryNow(), { signal: this.#end.signal });
    this.#forget = connection.listen({
      event: (event) => this.#take(event),
      frame: (frame) => this.#display.take(frame),
      visible: () => this.#visibility.visible,
      status: (status, again) => {
        if (status === 'open' && again) this.#display.retryNow();
        events.updated();
      },
    });
    this.#known = connection.cameras.get(camera) != null;
  }

  /** The camera as last reported; null if it does not exist, undefined while unknown. */
  get camera(): CameraInfo | null | undefined {
    return this.#options.connection.cameras.get(this.#options.camera);
  }

  get display(): Display {
    return this.#display;
  }

  /** The server's time, in milliseconds since the epoch. */
  get now(): number {
    return this.#options.connection.clock.now();
  }

  get streaming(): boolean {
    return this.#streaming;
  }

  /** The current problem, and when it began by the server's clock. */
  get problem(): { readonly problem: Problem; readonly since: number } | null {
    return this.#problem === null ? null : { problem: this.#problem, since: this.#problemAt };
  }

  /** The transport in use. */
  get transport(): Transport | 'mjpeg' {
    return this.#usesImage ? 'mjpeg' : this.#display.transport;
  }

  /** The size of the video in pixels; 0 before the first frame. */
  get size(): { readonly width: number; readonly height: number } {
    if (this.#usesImage) return this.#image.size;
    return this.#display.hasFrame ? this.#display.size : { width: 0, height: 0 };
  }

  /** The current stats; null for a plain image, which reports none. */
  get stats(): Stats | null {
    if (this.#usesImage) return null;
    const stats = this.#display.stats();
    // No latency is 0: until a ping is answered, the server's clock may be off by more than that.
    return this.#options.connection.clock.known && stats.age !== null && stats.age > 0
      ? stats
      : { ...stats, age: null };
  }

  /** The state to show to the viewer. */
  get state(): ViewState {
    const { connection } = this.#options;
    return viewState({
      camera: this.camera === undefined ? { kind: 'closed' } : (this.camera?.state ?? null),
      streaming: this.#streaming,
      connection: this.#usesImage ? 'page' : connection.status,
      hasFrame: this.#display.hasFrame,
      silentFor: this.#asleep || !this.#visibility.visible ? 0 : this.#display.missingFor,
      problem: this.#problem,
      reconnectIn: connection.reconnectIn,
      refused: this.#refusal,
      withheld: connection.accessChanged,
      now: connection.clock.now(),
    });
  }

  /** True in picture in picture, where the video is visible even if the tab is hidden. */
  set floats(floats: boolean) {
    this.#visibility.floats = floats;
  }

  /** Starts the stream, or requests it again. */
  start(): void {
    this.#streaming = true;
    this.#problem = null;
    this.resized();
    this.#options.events.updated();
  }

  /** Stops the stream; the last frame stays. */
  stop(): void {
    this.#streaming = false;
    this.#problem = null;
    this.#display.unwatch();
    this.#showImage();
    this.#options.events.updated();
  }

  /** Restricts the choice of transport as the viewer wishes. */
  pin(pinned: Pinned): void {
    this.#display.pin(pinned);
    this.#options.events.updated();
  }

  /** Shows a problem that prevents the stream. */
  fail(problem: Problem): void {
    if (problem.code !== this.#problem?.code) this.#problemAt = this.#options.connection.clock.now();
    this.#problem = problem;
    this.#options.events.updated();
  }

  /**
   * The element's size has changed, so another width may be needed. It is measured once all that runs now has changed the
   * page: in between, the players of a grid would have the page laid out anew, one after the other.
   */
  resized(): void {
    queueMicrotask(() => {
      if (this.#streaming) this.#watch();
    });
  }

  /** Retries at once instead of waiting for the next try. */
  tryNow(): void {
    this.#options.connection.tryNow();
    if (this.#problem !== null && this.#streaming) this.start();
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#streaming = false;
    this.#end.abort();
    this.#forget();
    this.#visibility.close();
    this.#display.close();
    this.#image.hide();
  }

  /** True if HTTP works and WebSockets do not; then a plain MJPEG image is shown. */
  get #usesImage(): boolean {
    const { connection } = this.#options;
    return connection.why === 'fine' && !connection.everOpen;
  }

  get #refusal(): Refusal | null {
    const { connection } = this.#options;
    const { status, why, address } = connection;
    if (status === 'signed-out' && (address.token !== null || address.server !== location.origin)) return 'access';
    if (status === 'down' && why === 'not-allowed') return 'origin';
    return this.camera === null && !this.#known ? 'camera' : null;
  }

  #watch(): void {
    this.#display.watch(this.#options.camera, this.#options.width());
    this.#showImage();
  }

  #sleep(asleep: boolean): void {
    this.#asleep = asleep;
    if (asleep) this.#display.sleep();
    else this.#display.wake();
    this.#showImage();
  }

  /**
   * The page did not run for a while, and the server may have ended transports. Restarts them, except in a hidden tab,
   * whose timers may only be throttled.
   */
  #resume(): void {
    this.#options.connection.tryNow();
    if (document.hidden) return;
    this.#sleep(true);
    this.#sleep(false);
  }

  /** Shows the plain image if WebSockets do not work, and only while visible. It has ended if the server was away. */
  #showImage(): void {
    if (this.#usesImage && this.#streaming && !this.#asleep) this.#image.show();
    else this.#image.hide();
  }

  #tick(): void {
    this.#display.tick();
    this.#showImage();
    this.#options.events.updated();
  }

  #take(event: LiveEvent): void {
    if (event.type === 'view' && this.#display.setStream(event.view, event.stream)) this.#problem = null;
    else if (event.type === 'view-error' && this.#display.setProblem(event.view)) this.fail(event.error);
    else if (
      event.type === 'camera'
        ? event.camera.id === this.#options.camera
        : event.type === 'hello' || event.type === 'cameras'
    ) {
      const isLive = this.camera?.state.kind === 'live';
      // A camera that is live again has left its last problem behind.
      if (isLive && !this.#wasLive) this.#problem = null;
      if (isLive && !this.#wasLive) this.#display.retryNow();
      this.#wasLive = isLive;
      this.#sized();
      this.#known ||= this.camera != null;
    } else return;
    this.#options.events.updated();
  }

  /** The width worth requesting depends on the camera's aspect ratio and size. */
  #sized(): void {
    const { width, height } = this.camera?.size ?? { width: 0, height: 0 };
    const size = `${width} ${height}`;
    if (size === this.#size) return;
    this.#size = size;
    this.resized();
  }

  #onDrawn(): void {
    const { element, canvas } = this.#display;
    if (!canvas.isConnected) this.#options.place.append(canvas);
    this.#options.events.painted();
    if (element === this.#drawn && this.#display.hasFrame) return;
    this.#drawn = element;
    this.#image.hide();
    this.#options.events.drawn();
    this.#options.events.updated();
  }
}

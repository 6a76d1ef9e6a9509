import type { CameraInfo } from '../../domain/camera.ts';
import type { Problem } from '../../domain/errors.ts';
import { type Refusal, type ViewState, viewState } from '../../text/view-state.ts';
import { Attention } from '../stage/attention.ts';
import type { Connection, LiveEvent } from '../transports/connection.ts';
import { Display } from './display.ts';
import { Feed } from './feed.ts';
import type { Stats } from './stats.ts';
import type { Pinned, Transport } from '../transports/transport-choice.ts';

/** What a {@link LivePlayer} is made of. */
export interface LivePlayerOptions {
  readonly connection: Connection;
  /** The camera's id. */
  readonly camera: string;
  /** What the picture is, in words. */
  readonly label: string;
  /** Where the picture goes. */
  readonly place: HTMLElement;
  readonly pinned: Pinned;
  readonly muted: boolean;
  /** The width to ask for now. */
  readonly width: () => number | 'source';
  readonly events: LivePlayerEvents;
}

/** What a {@link LivePlayer} tells. */
export interface LivePlayerEvents {
  /** What a person is told about it may have changed; also called twice a second while somebody looks. */
  updated(): void;
  /** The first picture since Start, or one from another element than before. */
  drawn(): void;
  /** Any picture. */
  painted(): void;
  /** Another element takes the picture over. @returns resolves when the old one may go */
  swapped(): Promise<void> | null;
}

/** One camera that is watched: its picture, and its state in words. */
export class LivePlayer {
  readonly #options: LivePlayerOptions;
  readonly #display: Display;
  readonly #attention: Attention;
  readonly #feed: Feed;
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
    this.#feed = new Feed(options);
    this.#display = new Display({
      ...options,
      isLive: () => this.camera?.state.kind === 'live' && connection.status === 'open',
      looks: () => this.#attention.looks,
      onDrawn: () => this.#onDrawn(),
      onSwap: () => events.swapped(),
    });
    this.#attention = new Attention({
      tick: () => this.#tick(),
      slept: () => this.#sleep(true),
      woke: () => this.#sleep(false),
      lost: () => this.#resume(),
    });
    addEventListener('online', () => this.#display.retryNow(), { signal: this.#end.signal });
    this.#forget = connection.listen({
      event: (event) => this.#take(event),
      frame: (frame) => this.#display.take(frame),
      looks: () => this.#attention.looks,
      status: (status, again) => {
        if (status === 'open' && again) this.#display.retryNow();
        events.updated();
      },
    });
    this.#known = connection.cameras.get(camera) != null;
  }

  /** The camera as it is now; null when there is none, undefined while that is not known. */
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

  /** What is wrong, and since when by the server's clock. */
  get problem(): { readonly problem: Problem; readonly since: number } | null {
    return this.#problem === null ? null : { problem: this.#problem, since: this.#problemAt };
  }

  /** Preferred transport now. */
  get transport(): Transport | 'mjpeg' {
    return this.#usesImage ? 'mjpeg' : this.#display.transport;
  }

  /** The size of the picture in pixels; 0 before the first one. */
  get size(): { readonly width: number; readonly height: number } {
    if (this.#usesImage) return this.#feed.size;
    return this.#display.hasPicture ? this.#display.size : { width: 0, height: 0 };
  }

  /** What is measured now; null of a plain image, which tells nothing. */
  get stats(): Stats | null {
    return this.#usesImage ? null : this.#display.stats();
  }

  /** What a person is told. */
  get state(): ViewState {
    const { connection } = this.#options;
    return viewState({
      camera: this.camera === undefined ? { kind: 'closed' } : (this.camera?.state ?? null),
      streaming: this.#streaming,
      connection: this.#usesImage ? 'page' : connection.status,
      hasPicture: this.#display.hasPicture,
      silentFor: this.#asleep || !this.#attention.looks ? 0 : this.#display.silentFor,
      problem: this.#problem,
      reconnectIn: connection.reconnectIn,
      refused: this.#refusal,
      now: connection.clock.now(),
    });
  }

  /** The picture floats over other windows, where it is seen whatever happens to the tab. */
  set floats(floats: boolean) {
    this.#attention.floats = floats;
  }

  /** Starts the picture, or asks for it again. */
  start(): void {
    this.#streaming = true;
    this.#problem = null;
    this.#watch();
    this.#options.events.updated();
  }

  /** Stops it; the last picture stays. */
  stop(): void {
    this.#streaming = false;
    this.#problem = null;
    this.#display.unwatch();
    this.#feed.hide();
    this.#options.events.updated();
  }

  /** The person wants the picture to come this way. */
  pin(pinned: Pinned): void {
    this.#display.pin(pinned);
    this.#options.events.updated();
  }

  /** There can be no picture. */
  fail(problem: Problem): void {
    if (problem.code !== this.#problem?.code) this.#problemAt = this.#options.connection.clock.now();
    this.#problem = problem;
    this.#options.events.updated();
  }

  /** Another width may be wanted. */
  resized(): void {
    if (this.#streaming) this.#watch();
  }

  /** Does not wait for the next try, whatever is being waited for. */
  tryNow(): void {
    this.#options.connection.tryNow();
    if (this.#problem !== null && this.#streaming) this.start();
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#end.abort();
    this.#forget();
    this.#attention.close();
    this.#display.close();
    this.#feed.hide();
  }

  /** True while pages come and sockets do not: then the picture comes as a plain image. */
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
    this.#showFeed();
  }

  #sleep(asleep: boolean): void {
    this.#asleep = asleep;
    if (asleep) {
      this.#display.sleep();
      this.#feed.hide();
    } else {
      this.#display.wake();
      this.#showFeed();
    }
  }

  /**
   * The page did not run: nobody knows what is left of the ways, and the server has ended some. In a hidden tab, whose
   * timers may be slow, the picture that floats is only looked after.
   */
  #resume(): void {
    this.#options.connection.tryNow();
    if (document.hidden) return;
    this.#sleep(true);
    this.#sleep(false);
  }

  /** Where sockets do not work, and only while somebody looks. */
  #showFeed(): void {
    if (this.#usesImage && this.#streaming && !this.#asleep) this.#feed.show();
  }

  #tick(): void {
    this.#display.tick();
    this.#showFeed();
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
      // A camera that lives again has left its last failure behind.
      if (isLive && !this.#wasLive) this.#problem = null;
      if (isLive && !this.#wasLive) this.#display.retryNow();
      this.#wasLive = isLive;
      this.#sized();
      this.#known ||= this.camera != null;
    } else return;
    this.#options.events.updated();
  }

  /** How wide a picture is worth asking for depends on the camera's own shape and size. */
  #sized(): void {
    const { width, height } = this.camera?.size ?? { width: 0, height: 0 };
    const size = `${width} ${height}`;
    if (size === this.#size) return;
    this.#size = size;
    this.resized();
  }

  #onDrawn(): void {
    const { picture, canvas } = this.#display;
    if (!canvas.isConnected) this.#options.place.append(canvas);
    this.#options.events.painted();
    if (picture === this.#drawn && this.#display.hasPicture) return;
    this.#drawn = picture;
    this.#feed.hide();
    this.#options.events.drawn();
    this.#options.events.updated();
  }
}

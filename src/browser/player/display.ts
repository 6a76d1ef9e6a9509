import { type BetterTransport, type Subject, type TransportKind } from '../transports/better-transport.ts';
import { transportKinds } from '../transports/transport-kinds.ts';
import type { Connection } from '../transports/connection.ts';
import { StallDetector } from '../transports/stall-detector.ts';
import type { Stats } from './stats.ts';
import type { PictureFrame } from '../transports/frame.ts';
import { JpegView } from './jpeg-view.ts';
import { LiveAudio } from './live-audio.ts';
import {
  type Better,
  betterTransports,
  type Pinned,
  type Transport,
  TransportChoice,
} from '../transports/transport-choice.ts';

/** What a {@link Display} is made of. */
export interface DisplayOptions {
  readonly connection: Connection;
  /** What the picture is, in words. */
  readonly label: string;
  /** Where the picture goes. */
  readonly place: HTMLElement;
  readonly pinned: Pinned;
  readonly muted: boolean;
  /** True while pictures ought to come. */
  readonly isLive: () => boolean;
  /** True while somebody may see the picture. */
  readonly looks: () => boolean;
  /** Called when a picture is on the screen. */
  readonly onDrawn: () => void;
  /**
   * Called before another element takes the picture over, when it can already show it.
   *
   * @returns resolves when the old one may go
   */
  readonly onSwap: () => Promise<void> | null;
}

/** A live camera of which nothing comes for so long is asked for JPEG as well, in milliseconds; then it shows who is silent. */
const silence = 3_000;
/** When all begins anew, a way that works brings a picture sooner. */
const silenceAnew = 1_000;

interface Way {
  readonly name: Better;
  readonly kind: TransportKind;
  readonly transport: BetterTransport;
  /** Since when it could have had a picture. */
  since: number;
}

/**
 * One camera's picture on the page, whichever way it comes: JPEG on a canvas at once, and something better in a video
 * that is brought up behind it, takes its place with its first picture, and gives it back when it fails.
 */
export class Display {
  readonly #options: DisplayOptions;
  readonly #jpeg: JpegView;
  readonly #choice: TransportChoice;
  /** On the screen; null for JPEG. */
  #shown: Way | null = null;
  /** Behind it. */
  #coming: Way | null = null;
  #opening = false;
  /** Of ways that were shown since Start and are no more; JPEG counts its own. */
  #drops = 0;
  /** Since when pictures ought to come; null while they ought not to. */
  #liveSince: number | null = null;
  readonly #stallDetector = new StallDetector();
  /** JPEG is asked for behind what is shown, to see who is silent. */
  #doubts = false;
  /** Counts what may end a way that is still being loaded. */
  #epoch = 0;
  #wanted: Subject | null = null;
  #asleep = false;
  #muted: boolean;
  /** Over the socket, where the way of the picture brings none. */
  readonly #audio: LiveAudio;

  constructor(options: DisplayOptions) {
    this.#options = options;
    this.#muted = options.muted;
    this.#jpeg = new JpegView(options);
    this.#audio = new LiveAudio(options.connection, () => this.#shown?.transport.shownTime ?? null);
    const can = (name: Better) => transportKinds[name]?.supported() === true;
    this.#choice = new TransportChoice(options.pinned, betterTransports.filter(can));
  }

  /** The canvas of JPEGs, which keeps the last picture of either kind. */
  get canvas(): HTMLCanvasElement {
    return this.#jpeg.canvas;
  }

  /** What shows the picture now. */
  get picture(): HTMLCanvasElement | HTMLVideoElement {
    return this.#shown?.transport.video ?? this.#jpeg.canvas;
  }

  /** The size of the picture in pixels. */
  get size(): { readonly width: number; readonly height: number } {
    const { picture } = this;
    return picture instanceof HTMLVideoElement
      ? { width: picture.videoWidth, height: picture.videoHeight }
      : { width: picture.width, height: picture.height };
  }

  /** Preferred transport now. */
  get transport(): Transport {
    return this.#shown?.name ?? 'jpeg';
  }

  /** The same in words. */
  get transportName(): string {
    return this.#shown?.kind.name ?? 'WebSocket';
  }

  /** True once something was drawn since the last {@link unwatch}. */
  get hasPicture(): boolean {
    return this.#jpeg.hasPicture || this.#shown !== null;
  }

  /** Milliseconds since the last picture was drawn. */
  get silentFor(): number {
    return (this.#shown?.transport ?? this.#jpeg).silentFor;
  }

  /** What is measured now, of the way that is shown; the drops are those of all ways since Start. */
  stats(): Stats {
    const jpeg = this.#jpeg.stats();
    const shown = this.#shown?.transport.stats();
    if (shown === undefined) return { ...jpeg, drops: this.#drops + jpeg.drops };
    return { ...shown, drops: this.#drops + jpeg.drops + shown.drops };
  }

  /** Shows this camera in this size; again with another size changes it without a gap. */
  watch(camera: string, width: number | 'source'): void {
    const subject = { camera, width };
    this.#wanted = subject;
    if (this.#asleep) return;
    if (this.#doubts || (this.#shown === null && this.#choice.wantsJpeg)) this.#jpeg.watch(subject);
    for (const way of this.#ways()) way.transport.watch(subject);
    this.#bringUp();
    this.#hear();
  }

  /** Shows nothing more; the last picture stays, for being blurred. */
  unwatch(): void {
    this.#wanted = null;
    this.#rest();
    this.#drops = 0;
    this.#jpeg.reset();
  }

  /** Nobody looks for a while: nothing comes until {@link wake}. */
  sleep(): void {
    this.#asleep = true;
    this.#rest();
  }

  /** Somebody looks again. */
  wake(): void {
    this.#choice.retryNow();
    this.#liveSince = null;
    this.#jpeg.wake();
    for (const way of this.#ways()) way.transport.wake();
    if (!this.#asleep) return;
    this.#asleep = false;
    if (this.#wanted !== null) this.watch(this.#wanted.camera, this.#wanted.width);
  }

  /** The person wants it this way. */
  pin(pinned: Pinned): void {
    if (pinned === this.#choice.pinned) return;
    this.#choice.pinned = pinned;
    this.#choice.retryNow();
    if (this.#wanted === null || this.#asleep) return;
    this.#endDoubt();
    for (const way of this.#ways()) if (!this.#choice.allows(way.name)) this.#end(way);
    this.#epoch += 1;
    this.#opening = false;
    if (!this.#choice.wantsJpeg) this.#jpeg.unwatch();
    this.watch(this.#wanted.camera, this.#wanted.width);
  }

  /** With or without the camera's sound, where the way has any. */
  setMuted(muted: boolean): void {
    this.#muted = muted;
    for (const way of this.#ways()) way.transport.setMuted?.(muted);
    if (!this.#asleep) this.#bringUp();
    this.#hear();
  }

  /** Something has changed for the better, such as the network or the camera: whatever failed may work now. */
  retryNow(): void {
    this.#choice.retryNow();
    this.tick();
    const silentFor = this.#shown?.transport.silentFor ?? 0;
    if (this.#liveSince !== null && silentFor > silenceAnew) this.#beginDoubt();
  }

  /** Messages of this stream are for this view of the server's from now on. @returns true if it is ours. */
  setStream(view: number, stream: number): boolean {
    if (this.#jpeg.setStream(view, stream) || this.#audio.setStream(view, stream)) return true;
    return this.#ways().some((way) => way.transport.setStream?.(view, stream) === true);
  }

  /** The server cannot send a view. @returns true if there can be no frames for that reason. */
  setProblem(view: number): boolean {
    if (view === this.#jpeg.view) return this.#shown === null;
    this.#audio.setProblem(view);
    for (const way of this.#ways()) if (way.transport.setProblem?.(view) === true) this.#failed(way);
    return false;
  }

  /** Draws the picture if it is this one's. */
  take(frame: PictureFrame): void {
    if (this.#wanted === null) return;
    // One that was on its way when something better took over is not drawn.
    this.#audio.take(frame);
    if (frame.kind !== 'jpeg') for (const way of this.#ways()) way.transport.take?.(frame);
    else if (this.#shown === null) this.#jpeg.take(frame);
    else if (this.#doubts && this.#jpeg.owns(frame)) this.#weigh(frame, this.#shown);
  }

  /** Looks whether all is well; called about twice a second while the tab is shown. */
  tick(): void {
    const isLive = this.#options.isLive();
    this.#liveSince = isLive ? (this.#liveSince ?? performance.now()) : null;
    if (this.#wanted === null || this.#asleep) return;
    for (const way of this.#ways()) way.transport.check();
    this.#listen();
    const coming = this.#coming;
    if (coming !== null && !isLive) coming.since = performance.now();
    else if (coming !== null && performance.now() - coming.since > coming.kind.stallTimeout) this.#failed(coming);
    this.#bringUp();
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#wanted = null;
    for (const way of this.#ways()) way.transport.close();
    this.#epoch += 1;
    this.#shown = null;
    this.#coming = null;
    this.#audio.stop();
    this.#jpeg.close();
  }

  #ways(): readonly Way[] {
    return [this.#shown, this.#coming].filter((way) => way !== null);
  }

  /**
   * Looks whether a live camera is silent on the way that is shown. JPEG, asked for behind it, tells a way that fails
   * from a camera that has nothing to send, as one of the network may for ten seconds.
   */
  #listen(): void {
    const shown = this.#shown;
    if (shown === null || this.#liveSince === null) return this.#endDoubt();
    const silentFor = Math.min(shown.transport.silentFor, performance.now() - this.#liveSince);
    if (this.#doubts && shown.transport.silentFor < silenceAnew) this.#endDoubt();
    else if (silentFor > silence) this.#beginDoubt();
    // Where the server allows no more views there is nothing to compare with.
    if (this.#stallDetector.isProven || (this.#jpeg.view === null && silentFor > silence)) this.#failed(shown);
  }

  #beginDoubt(): void {
    if (this.#doubts || this.#shown === null || this.#wanted === null || this.#asleep) return;
    this.#doubts = true;
    this.#jpeg.watch(this.#wanted);
  }

  #endDoubt(): void {
    if (!this.#doubts) return;
    this.#doubts = false;
    this.#stallDetector.clear();
    this.#jpeg.unwatch();
  }

  /** A picture came as JPEG while nothing comes on the way that is shown. */
  #weigh(frame: PictureFrame, shown: Way): void {
    // The server's last one may be older than what is shown.
    const shownAt = this.#options.connection.clock.now() - shown.transport.silentFor;
    if (frame.capturedAt > shownAt) this.#stallDetector.cameOtherwise(performance.now());
  }

  /** Starts the best way that may work, behind what is shown. */
  #bringUp(): void {
    if (this.#coming !== null || this.#opening || this.#wanted === null) return;
    // JPEG opens the camera. What comes behind it has nothing to show before, and would only fail.
    if (this.#choice.wantsJpeg && !this.#options.isLive()) return;
    const name = this.#choice.next(performance.now(), this.#shown?.name ?? null);
    const kind = name === null ? undefined : transportKinds[name];
    if (name === null || kind === undefined) return;
    this.#opening = true;
    this.#epoch += 1;
    void this.#open(name, kind, this.#wanted);
  }

  async #open(name: Better, kind: TransportKind, subject: Subject): Promise<void> {
    const { connection, label } = this.#options;
    const epoch = this.#epoch;
    let way: Way | null = null;
    try {
      const transport = await kind.open({
        connection,
        label,
        subject,
        muted: this.#muted,
        events: {
          shown: () => void (way !== null && this.#takeOver(way)),
          drawn: () => void (way !== null && way === this.#shown && this.#options.onDrawn()),
          failed: (why) => {
            if (way === null || !this.#ways().includes(way)) return;
            if (why === 'unsupported') this.#choice.unsupported(name);
            if (why === 'resized') this.#choice.replaced(name);
            else this.#choice.failed(name, performance.now());
            this.#giveUp(way);
            if (why === 'restarted') this.#choice.retryNow();
          },
        },
      });
      way = { name, kind, transport, since: performance.now() };
    } catch {
      if (epoch === this.#epoch) this.#choice.failed(name, performance.now());
    }
    if (epoch !== this.#epoch) return way?.transport.close();
    this.#opening = false;
    if (way === null || this.#wanted === null) return;
    this.#start(way, this.#wanted);
  }

  #start(way: Way, wanted: Subject): void {
    const { transport } = way;
    this.#coming = way;
    transport.video.className = 'coming';
    this.#options.place.append(transport.video);
    // It may end by this.
    transport.setMuted?.(this.#muted);
    if (this.#coming !== way) return;
    transport.watch(wanted);
  }

  /** The first picture is there: it lies over the last one, so nothing flashes. */
  #takeOver(way: Way): void {
    if (way !== this.#coming) return;
    const before = this.#shown;
    this.#endDoubt();
    this.#coming = null;
    this.#shown = way;
    way.transport.video.className = '';
    this.#choice.shown(way.name, performance.now());
    this.#jpeg.unwatch();
    this.#hear();
    if (before !== null) {
      this.#choice.replaced(before.name);
      this.#drops += before.transport.stats().drops;
    }
    const swapped = this.#options.onSwap();
    if (before !== null) leave(before, swapped);
    this.#options.onDrawn();
  }

  #failed(way: Way): void {
    this.#choice.failed(way.name, performance.now());
    this.#giveUp(way);
  }

  #giveUp(way: Way): void {
    this.#end(way);
    if (this.#wanted !== null && !this.#asleep && this.#shown === null && this.#choice.wantsJpeg) {
      this.#jpeg.watch(this.#wanted);
    }
  }

  /** Ends one way; what was on the screen stays there as a still, until JPEG or something better comes. */
  #end(way: Way): void {
    if (way === this.#coming) this.#coming = null;
    if (way !== this.#shown) return way.transport.close();
    this.#endDoubt();
    this.#drops += way.transport.stats().drops;
    this.#shown = null;
    this.#jpeg.still(way.transport.video, way.transport.silentFor);
    this.#hear();
    leave(way, this.#options.onSwap());
  }

  /** Nothing comes any more. */
  #rest(): void {
    for (const way of this.#ways()) this.#end(way);
    this.#epoch += 1;
    this.#opening = false;
    this.#jpeg.unwatch();
    this.#audio.stop();
  }

  /** Sound over the socket while it is wanted and the way of the picture brings none. */
  #hear(): void {
    const isHeard = !this.#muted && !this.#asleep && this.#shown?.transport.hasAudio !== true;
    if (isHeard && this.#wanted !== null) this.#audio.play(this.#wanted.camera);
    else this.#audio.stop();
  }
}

/** Closes a way that was on the screen as soon as nothing needs it. */
function leave({ transport }: Way, swapped: Promise<void> | null): void {
  transport.video.className = 'coming';
  if (swapped === null) transport.close();
  else void swapped.finally(() => transport.close());
}

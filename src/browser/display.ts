import type { Connection, Wanted } from './connection.ts';
import type { Figures } from './figures.ts';
import type { PictureFrame } from './frame.ts';
import { mediaSource } from './media-source.ts';
import type { MsePlayer } from './mse-player.ts';
import { Player } from './player.ts';
import { type Pinned, TransportChoice } from './transport-choice.ts';

/** What a {@link Display} is made of. */
export interface DisplayOptions {
  /** The number of its view towards the server, from 1; H.264 comes on another one. */
  readonly number: number;
  readonly connection: Connection;
  /** What the picture is, in words. */
  readonly label: string;
  /** Where the picture goes. */
  readonly place: HTMLElement;
  readonly pinned: Pinned;
  /** False where JPEG alone shall come. */
  readonly mayUseH264: boolean;
  /** True while pictures ought to come. */
  readonly isLive: () => boolean;
  /** Called when a picture is on the screen. */
  readonly onDrawn: () => void;
}

/** H.264 for a view comes on the view so many numbers further on. */
const h264Views = 64;
/** A live camera of which no H.264 comes for so long is shown as JPEG, in milliseconds. */
const silence = 4_000;

/**
 * One camera's picture on the page, whichever way it comes: JPEG on a canvas at once, and H.264 in a video that is
 * brought up behind it, takes its place with its first picture, and gives it back when it fails.
 */
export class Display {
  readonly #options: DisplayOptions;
  readonly #jpeg: Player;
  readonly #choice: TransportChoice;
  #h264: MsePlayer | null = null;
  /** Counts the times that H.264 is brought up: what an earlier one still says is ignored. */
  #attempt = 0;
  #wanted: Omit<Wanted, 'codec'> | null = null;
  #asleep = false;
  #streams: { jpeg: number | null; h264: number | null } = { jpeg: null, h264: null };

  constructor(options: DisplayOptions) {
    this.#options = options;
    this.#jpeg = new Player(options.connection.clock, options.label, options.onDrawn);
    this.#choice = new TransportChoice(options.pinned, options.mayUseH264 && mediaSource() !== null);
  }

  /** The canvas of JPEGs, which keeps the last picture of either kind. */
  get canvas(): HTMLCanvasElement {
    return this.#jpeg.canvas;
  }

  /** What shows the picture now. */
  get picture(): HTMLCanvasElement | HTMLVideoElement {
    return this.#h264?.hasPicture === true ? this.#h264.video : this.#jpeg.canvas;
  }

  /** The size of the picture in pixels. */
  get size(): { readonly width: number; readonly height: number } {
    const { picture } = this;
    return picture instanceof HTMLVideoElement
      ? { width: picture.videoWidth, height: picture.videoHeight }
      : { width: picture.width, height: picture.height };
  }

  /** How the picture comes now. */
  get codec(): 'jpeg' | 'h264' {
    return this.#h264?.hasPicture === true ? 'h264' : 'jpeg';
  }

  /** True once something was drawn since the last {@link unwatch}. */
  get hasPicture(): boolean {
    return this.#jpeg.hasPicture || this.#h264?.hasPicture === true;
  }

  /** Milliseconds since the last picture was drawn. */
  get silentFor(): number {
    return this.#h264?.hasPicture === true ? this.#h264.silentFor : this.#jpeg.silentFor;
  }

  /** What is measured now. */
  figures(): Figures {
    return (this.#h264?.hasPicture === true ? this.#h264 : this.#jpeg).figures();
  }

  /** Shows this camera in this size; again with another size changes it without a gap. */
  watch(camera: string, width: number | 'source'): void {
    this.#wanted = { camera, width };
    if (this.#asleep) return;
    if (this.#h264?.hasPicture !== true && this.#choice.wantsJpeg) this.#ask('jpeg');
    if (this.#h264 !== null) this.#ask('h264');
    else this.#bringUp();
  }

  /** Shows nothing more; the last picture stays, for being blurred. */
  unwatch(): void {
    this.#wanted = null;
    this.#endH264();
    this.#end('jpeg');
    this.#jpeg.reset();
  }

  /** The tab is hidden for a while: nothing comes until {@link wake}. */
  sleep(): void {
    this.#asleep = true;
    this.#endH264();
    this.#end('jpeg');
  }

  /** The tab is shown again. */
  wake(): void {
    this.#jpeg.wake();
    this.#h264?.wake();
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
    if (!this.#choice.wantsH264(performance.now())) this.#endH264();
    else if (!this.#choice.wantsJpeg) this.#end('jpeg');
    this.watch(this.#wanted.camera, this.#wanted.width);
  }

  /** The connection is back: whatever failed may work now. */
  reconnected(): void {
    this.#choice.retryNow();
  }

  /** Messages of this stream are for this view of the server's from now on. @returns the codec, null if not ours. */
  setStream(view: number, stream: number): 'jpeg' | 'h264' | null {
    const codec = this.#codecOf(view);
    if (codec !== null) this.#streams[codec] = stream;
    return codec;
  }

  /** The server cannot send a view. @returns the codec, null if it is none of ours. */
  setProblem(view: number): 'jpeg' | 'h264' | null {
    const codec = this.#codecOf(view);
    if (codec === 'h264' && this.#h264 !== null) this.#fallBack();
    return codec;
  }

  /** Draws the picture if it is this one's. */
  take(frame: PictureFrame): boolean {
    if (this.#wanted === null) return false;
    if (frame.kind === 'jpeg') {
      if (frame.stream !== this.#streams.jpeg) return false;
      // One that was on its way when H.264 took over.
      if (this.#h264?.hasPicture !== true) this.#jpeg.push(frame);
      return true;
    }
    if (frame.stream !== this.#streams.h264) return false;
    this.#h264?.push(frame);
    return true;
  }

  /** Looks whether all is well; called about twice a second while the tab is shown. */
  tick(): void {
    if (this.#wanted === null || this.#asleep) return;
    const h264 = this.#h264;
    if (h264 === null) {
      this.#bringUp();
      return;
    }
    h264.check();
    if (h264 === this.#h264 && h264.hasPicture && h264.silentFor > silence && this.#options.isLive()) this.#fallBack();
  }

  /** Starts H.264 behind what is shown. */
  #bringUp(): void {
    if (this.#h264 !== null || !this.#choice.wantsH264(performance.now())) return;
    this.#attempt += 1;
    const attempt = this.#attempt;
    // Most of it is needed only here, and not at all in browsers that cannot.
    import('./mse-player.ts').then(
      (module) => {
        if (attempt === this.#attempt && this.#wanted !== null && !this.#asleep && this.#h264 === null) {
          this.#start(module);
        }
      },
      () => this.#choice.failed(performance.now()),
    );
  }

  #start(module: { readonly MsePlayer: typeof MsePlayer }): void {
    const { connection, label, place } = this.#options;
    const player = new module.MsePlayer(connection.clock, label, {
      shown: () => this.#takeOver(player),
      drawn: () => this.#options.onDrawn(),
      failed: (why) => {
        if (player !== this.#h264) return;
        if (why === 'unsupported') this.#choice.unsupported();
        this.#fallBack();
        if (why === 'restarted') this.#choice.retryNow();
      },
    });
    this.#h264 = player;
    player.video.className = 'coming';
    place.append(player.video);
    this.#ask('h264');
  }

  /** The first picture of H.264 is there: it lies over the last JPEG, so nothing flashes. */
  #takeOver(player: MsePlayer): void {
    if (player !== this.#h264) return;
    player.video.className = '';
    this.#choice.shown(performance.now());
    this.#end('jpeg');
  }

  /** Back to JPEG, from the picture that is on the screen. */
  #fallBack(): void {
    this.#choice.failed(performance.now());
    this.#endH264();
    if (this.#wanted !== null && !this.#asleep && this.#choice.wantsJpeg) this.#ask('jpeg');
  }

  #endH264(): void {
    this.#attempt += 1;
    const player = this.#h264;
    if (player === null) return;
    this.#h264 = null;
    this.#end('h264');
    if (player.hasPicture) this.#jpeg.still(player.video, player.silentFor);
    player.close();
  }

  #ask(codec: 'jpeg' | 'h264'): void {
    if (this.#wanted !== null) this.#options.connection.watch(this.#viewOf(codec), { ...this.#wanted, codec });
  }

  #end(codec: 'jpeg' | 'h264'): void {
    this.#options.connection.unwatch(this.#viewOf(codec));
    this.#streams[codec] = null;
  }

  #viewOf(codec: 'jpeg' | 'h264'): number {
    return this.#options.number + (codec === 'jpeg' ? 0 : h264Views);
  }

  #codecOf(view: number): 'jpeg' | 'h264' | null {
    if (view === this.#viewOf('jpeg')) return 'jpeg';
    return view === this.#viewOf('h264') ? 'h264' : null;
  }
}

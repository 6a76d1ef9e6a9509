import type { Connection } from '../transports/connection.ts';
import type { PictureFrame } from '../transports/frame.ts';
import { audioCodec, AudioPlayer } from './audio-player.ts';

/** A player that has failed is made anew after this time, in milliseconds. */
const again = 2_000;

/** The sound of one camera over the page's socket, beside a picture that comes whichever way. */
export class LiveAudio {
  readonly #connection: Connection;
  readonly #pictureTime: () => number | null;
  #camera: string | null = null;
  #view: number | null = null;
  #stream: number | null = null;
  #player: AudioPlayer | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Waits for the person to do something, where the browser lets nothing sound before; null while nothing is waited for. */
  #untilTouched: AbortController | null = null;

  /**
   * @param pictureTime when the picture on the screen was captured, in milliseconds since the epoch by the server's
   *   clock; null while that is not known
   */
  constructor(connection: Connection, pictureTime: () => number | null) {
    this.#connection = connection;
    this.#pictureTime = pictureTime;
  }

  /** Lets this camera be heard; begin in the handler of a click, since browsers let nothing sound otherwise. */
  play(camera: string): void {
    if (camera === this.#camera) return;
    this.stop();
    this.#camera = camera;
    this.#open();
  }

  /** Nothing is heard, and nothing comes, any more. Idempotent. */
  stop(): void {
    this.#camera = null;
    this.#close();
  }

  /** Messages of this stream are for this view of the server's from now on. @returns true if it is this one's. */
  setStream(view: number, stream: number): boolean {
    if (view !== this.#view) return false;
    this.#stream = stream;
    return true;
  }

  /** The server cannot send a view: if it is this one's, there is no sound. */
  setProblem(view: number): void {
    if (view === this.#view) this.#close();
  }

  /** Takes a message of the socket if it is this one's. */
  take(frame: PictureFrame): void {
    if (frame.stream === this.#stream) this.#player?.push(frame);
  }

  #open(): void {
    const codec = audioCodec();
    const view = codec === null ? null : this.#connection.views.claim();
    if (codec === null || view === null || this.#camera === null) return;
    this.#view = view;
    this.#player = new AudioPlayer(codec, this.#pictureTime, {
      heard: () => undefined,
      failed: (why) => {
        this.#close();
        // What the browser blocks it blocks until the person has done something on the page.
        if (why === 'blocked') this.#openWhenTouched();
        else this.#timer = setTimeout(() => this.#open(), again);
      },
    });
    this.#connection.watch(view, { camera: this.#camera, width: 'source', codec });
  }

  #openWhenTouched(): void {
    const waiting = new AbortController();
    this.#untilTouched = waiting;
    const open = (): void => {
      waiting.abort();
      this.#open();
    };
    for (const name of ['click', 'keydown']) addEventListener(name, open, { capture: true, signal: waiting.signal });
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#untilTouched?.abort();
    this.#untilTouched = null;
    if (this.#view !== null) {
      this.#connection.unwatch(this.#view);
      this.#connection.views.release(this.#view);
    }
    this.#view = null;
    this.#stream = null;
    this.#player?.close();
    this.#player = null;
  }
}

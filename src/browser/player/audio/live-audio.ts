import type { Connection } from '../../connection/connection.ts';
import type { MediaFrame } from '../../connection/frame.ts';
import { audioCodec, AudioPlayer } from './audio-player.ts';

/** A failed player is replaced after this time (ms). */
const retryAfter = 2_000;

/** Plays the audio of one camera over the page's WebSocket, independently of how its video arrives. */
export class LiveAudio {
  readonly #connection: Connection;
  readonly #frameTime: () => number | null;
  #camera: string | null = null;
  #view: number | null = null;
  #stream: number | null = null;
  #player: AudioPlayer | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Waits for a click or key where the browser blocks audio until then; null otherwise. */
  #interaction: AbortController | null = null;

  /**
   * @param frameTime capture time of the frame on the screen in milliseconds since the epoch, by the server's clock; null
   *   if unknown
   */
  constructor(connection: Connection, frameTime: () => number | null) {
    this.#connection = connection;
    this.#frameTime = frameTime;
  }

  /** Plays this camera's audio. Call it in a click handler: otherwise browsers block playback. */
  play(camera: string): void {
    if (camera === this.#camera) return;
    this.stop();
    this.#camera = camera;
    this.#open();
  }

  /** Stops. Idempotent. */
  stop(): void {
    this.#camera = null;
    this.#close();
  }

  /** From now on, messages of this stream belong to this view. @returns true if the view is this player's */
  setStream(view: number, stream: number): boolean {
    if (view !== this.#view) return false;
    this.#stream = stream;
    return true;
  }

  /** The server cannot send this view: stops if it is this player's. */
  setProblem(view: number): void {
    if (view === this.#view) this.#close();
  }

  /** Takes a message of the socket if it is this player's. */
  take(frame: MediaFrame): void {
    if (frame.stream === this.#stream) this.#player?.push(frame);
  }

  #open(): void {
    const codec = audioCodec();
    const view = codec === null ? null : this.#connection.views.claim();
    if (codec === null || view === null || this.#camera === null) return;
    this.#view = view;
    this.#player = new AudioPlayer(codec, this.#frameTime, {
      heard: () => undefined,
      failed: (why) => {
        this.#close();
        // The browser blocks audio until the viewer interacts with the page.
        if (why === 'blocked') this.#openOnInteraction();
        else this.#timer = setTimeout(() => this.#open(), retryAfter);
      },
    });
    this.#connection.watch(view, { camera: this.#camera, width: 'source', codec });
  }

  #openOnInteraction(): void {
    const waiting = new AbortController();
    this.#interaction = waiting;
    const open = (): void => {
      waiting.abort();
      this.#open();
    };
    for (const name of ['click', 'keydown']) addEventListener(name, open, { capture: true, signal: waiting.signal });
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#interaction?.abort();
    this.#interaction = null;
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

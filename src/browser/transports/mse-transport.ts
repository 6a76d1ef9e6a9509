import type { BetterTransport, Subject, TransportKind } from './better-transport.ts';
import type { Connection } from './connection.ts';
import type { PictureFrame } from './frame.ts';
import { mediaSource } from './media-source.ts';
import type { MsePlayer } from './mse-player.ts';

/** H.264 over the page's WebSocket, played by Media Source Extensions. */
export const mseTransport: TransportKind = {
  name: 'WebSocket, MSE',
  // What is stuck is noticed by the player itself.
  stallTimeout: 10_000,
  supported: () => mediaSource() !== null,
  async open(context) {
    // Most of it is needed only here, and not at all in browsers that cannot.
    const { MsePlayer } = await import('./mse-player.ts');
    const { connection, label, events } = context;
    const view = connection.views.claim();
    if (view === null) throw new Error('this page shows as many pictures as one may');
    return new MseTransport(connection, view, new MsePlayer(connection.clock, label, events));
  },
};

/** A time that goes back by more than this is another clock's, in milliseconds. */
const setBack = 60_000;

/** Joins an {@link MsePlayer} and a view of the server's. */
class MseTransport implements BetterTransport {
  readonly #connection: Connection;
  readonly #player: MsePlayer;
  readonly #view: number;
  #stream: number | null = null;
  #begun = false;
  #lastAt = -Infinity;

  constructor(connection: Connection, view: number, player: MsePlayer) {
    this.#connection = connection;
    this.#view = view;
    this.#player = player;
  }

  get video(): HTMLVideoElement {
    return this.#player.video;
  }

  get hasPicture(): boolean {
    return this.#player.hasPicture;
  }

  get silentFor(): number {
    return this.#player.silentFor;
  }

  get shownTime(): number | null {
    return this.#player.shownTime;
  }

  watch(subject: Subject): void {
    this.#connection.watch(this.#view, { ...subject, codec: 'h264' });
  }

  setStream(view: number, stream: number): boolean {
    if (view !== this.#view) return false;
    this.#stream = stream;
    // Its pictures begin with a keyframe that may be older than what was shown.
    this.#begun = false;
    this.#lastAt = -Infinity;
    return true;
  }

  setProblem(view: number): boolean {
    return view === this.#view;
  }

  take(frame: PictureFrame): void {
    if (frame.stream !== this.#stream || frame.kind === 'jpeg') return;
    if (frame.kind === 'init') this.#begun = true;
    // Another player of this page may get the same stream; then everything comes twice.
    else if (!this.#begun || (frame.capturedAt <= this.#lastAt && frame.capturedAt > this.#lastAt - setBack)) return;
    else this.#lastAt = frame.capturedAt;
    this.#player.push(frame);
  }

  wake(): void {
    this.#player.wake();
  }

  check(): void {
    this.#player.check();
  }

  stats() {
    return this.#player.stats();
  }

  close(): void {
    this.#connection.unwatch(this.#view);
    this.#connection.views.release(this.#view);
    this.#player.close();
  }
}

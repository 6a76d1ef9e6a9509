import type { TransportKind, VideoRequest, VideoTransport } from './video-transport.ts';
import type { Connection } from '../connection/connection.ts';
import type { MediaFrame } from '../connection/frame.ts';
import { mediaSource } from './media-source.ts';
import type { MsePlayer } from './mse-player.ts';

/** H.264 over the page's WebSocket, played by Media Source Extensions. */
export const mseTransport: TransportKind = {
  name: 'WebSocket, MSE',
  // The player itself notices sooner when it is stuck.
  startTimeout: 10_000,
  supported: () => mediaSource() !== null,
  async open(context) {
    // Loaded on demand: browsers without MSE never need it.
    const { MsePlayer } = await import('./mse-player.ts');
    const { connection, label, events } = context;
    const view = connection.views.claim();
    if (view === null) throw new Error('this page has no views left');
    return new MseTransport(connection, view, new MsePlayer(connection.clock, label, events));
  },
};

/** If capture times go back by more than this, the server's clock was set (ms). */
const clockChange = 60_000;

/** Connects an {@link MsePlayer} to a view on the page's connection. */
class MseTransport implements VideoTransport {
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

  get hasFrame(): boolean {
    return this.#player.hasFrame;
  }

  get silentFor(): number {
    return this.#player.silentFor;
  }

  get shownTime(): number | null {
    return this.#player.shownTime;
  }

  watch(request: VideoRequest): void {
    this.#connection.watch(this.#view, { ...request, codec: 'h264' });
  }

  setStream(view: number, stream: number): boolean {
    if (view !== this.#view) return false;
    this.#stream = stream;
    // The stream begins with a keyframe, which may be older than the last frame shown.
    this.#begun = false;
    this.#lastAt = -Infinity;
    return true;
  }

  setProblem(view: number): boolean {
    return view === this.#view;
  }

  take(frame: MediaFrame): void {
    if (frame.stream !== this.#stream || frame.kind === 'jpeg') return;
    if (frame.kind === 'init') this.#begun = true;
    // Another player on this page may receive the same stream, so frames may arrive twice.
    else if (!this.#begun || (frame.capturedAt <= this.#lastAt && frame.capturedAt > this.#lastAt - clockChange))
      return;
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

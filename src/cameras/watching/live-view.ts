import { PortholeError } from '../../domain/errors.ts';
import { Listeners } from '../../domain/listeners.ts';
import { maySee, type Principal } from '../../domain/user.ts';
import { paused, type Watching } from '../../domain/watching.ts';

/** A Session's watching state has changed. */
export interface WatchingEvent {
  readonly sessionId: string;
  readonly cameraId: string;
  readonly watching: Watching;
}

/** Where watching states are kept. */
export interface WatchingStore {
  get(sessionId: string, cameraId: string): Promise<Watching | undefined>;
  set(sessionId: string, cameraId: string, watching: Watching): Promise<void>;
}

/** What the live view needs of the cameras. */
export interface OpenableCameras {
  get(id: string): { readonly id: string };
  ensureOpen(id: string, options: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/** How long Start waits for the camera's first picture, in milliseconds. */
const startLimit = 10_000;

/** Each Session's own Start, Stop and size: they touch nobody else's picture. */
export class LiveView {
  readonly #store: WatchingStore;
  readonly #cameras: OpenableCameras;
  readonly #events = new Listeners<WatchingEvent>();

  constructor(store: WatchingStore, cameras: OpenableCameras) {
    this.#store = store;
    this.#cameras = cameras;
  }

  /** What a Session does with a camera; paused at first. */
  async watching(sessionId: string, cameraId: string): Promise<Watching> {
    return (await this.#store.get(sessionId, cameraId)) ?? paused;
  }

  /**
   * Starts the Session's picture: opens the camera at once.
   *
   * @throws {PortholeError} why the camera cannot be opened; the Session then stays as it was.
   */
  async start(principal: Principal, cameraId: string, width?: number | 'source'): Promise<Watching> {
    const sessionId = this.#session(principal, cameraId);
    await this.#cameras.ensureOpen(cameraId, { signal: AbortSignal.timeout(startLimit) });
    return this.#change(sessionId, cameraId, { streaming: true, ...(width === undefined ? {} : { width }) });
  }

  /** Pauses the Session's picture, and only this. */
  async stop(principal: Principal, cameraId: string): Promise<Watching> {
    return this.#change(this.#session(principal, cameraId), cameraId, { streaming: false });
  }

  /** Chooses the size of the Session's picture. */
  async resize(principal: Principal, cameraId: string, width: number | 'source'): Promise<Watching> {
    return this.#change(this.#session(principal, cameraId), cameraId, { width });
  }

  /** Tells of every change; returns what ends that. */
  onChange(listener: (event: WatchingEvent) => void): () => void {
    return this.#events.add(listener);
  }

  /** @throws {PortholeError} `camera_not_found`, or `not_signed_in` for a request without a Session. */
  #session(principal: Principal, cameraId: string): string {
    if (!maySee(principal, cameraId)) throw new PortholeError('camera_not_found');
    this.#cameras.get(cameraId);
    if (principal.sessionId !== null) return principal.sessionId;
    throw new PortholeError('not_signed_in', {
      message:
        'Start and Stop belong to a page of a browser. Programs use /cameras/ID/stream.mjpeg, which needs neither.',
    });
  }

  async #change(sessionId: string, cameraId: string, change: Partial<Watching>): Promise<Watching> {
    const watching = { ...(await this.watching(sessionId, cameraId)), ...change };
    await this.#store.set(sessionId, cameraId, watching);
    this.#events.emit({ sessionId, cameraId, watching });
    return watching;
  }
}

import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { PortholeError } from '../../domain/errors.ts';
import { Listeners } from '../../domain/listeners.ts';
import { maySee, type Principal } from '../../domain/users/user.ts';
import { paused, type Watching } from '../../domain/users/watching.ts';
import { sentence } from '../../messages/sentence.ts';

/** A change of a Session's watching state. */
export interface WatchingEvent {
  readonly sessionId: string;
  readonly cameraId: string;
  readonly watching: Watching;
}

/** Stores watching states. */
export interface WatchingStore {
  get(sessionId: string, cameraId: string): Promise<Watching | undefined>;
  /** All states of a Session, by camera id. */
  all(sessionId: string): Promise<ReadonlyMap<string, Watching>>;
  set(sessionId: string, cameraId: string, watching: Watching): Promise<void>;
}

/** The cameras that can be watched. */
export interface OpenableCameras {
  get(id: string): { readonly id: string };
  ensureOpen(id: string, options: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/** How long Start waits for the camera's first frame, in milliseconds. */
const startLimit = 10_000;

/** Start, Stop and size, for each Session separately: they don't affect other viewers. */
export class LiveView {
  readonly #store: WatchingStore;
  readonly #cameras: OpenableCameras;
  readonly #events = new Listeners<WatchingEvent>();

  constructor(store: WatchingStore, cameras: OpenableCameras) {
    this.#store = store;
    this.#cameras = cameras;
  }

  /** The principal's watching state for a camera. Paused at first, and for requests without a Session. */
  async of({ sessionId }: Principal, cameraId: string): Promise<Watching> {
    return sessionId === null ? paused : this.#watching(sessionId, cameraId);
  }

  /** The principal's watching states, by camera id. Cameras that the Session never started, stopped or resized are missing. */
  async all({ sessionId }: Principal): Promise<ReadonlyMap<string, Watching>> {
    return sessionId === null ? new Map() : this.#store.all(sessionId);
  }

  /**
   * Starts or stops several cameras for the Session. Start does not wait for them to open: pages show each one's state
   * until its first frame. It leaves out cameras that are switched off.
   */
  async setAll(
    principal: Principal,
    cameras: readonly CameraInfo[],
    streaming: boolean,
  ): Promise<readonly { readonly camera: string; readonly watching: Watching }[]> {
    const changed = [];
    for (const { id, state } of cameras) {
      if (streaming && state.kind === 'off') continue;
      const sessionId = this.#session(principal, id);
      changed.push({ camera: id, watching: await this.#change(sessionId, id, { streaming }) });
    }
    return changed;
  }

  /**
   * Starts playback for the Session and opens the camera.
   *
   * @throws {PortholeError} why the camera cannot be opened. The Session is watching nevertheless, so that the video comes
   *   when the camera does.
   */
  async start(principal: Principal, cameraId: string, width?: number | 'source'): Promise<Watching> {
    const sessionId = this.#session(principal, cameraId);
    await this.#change(sessionId, cameraId, { streaming: true, ...(width === undefined ? {} : { width }) });
    const signal = AbortSignal.timeout(startLimit);
    try {
      await this.#cameras.ensureOpen(cameraId, { signal });
    } catch (error) {
      // A slow camera is no error: the page shows its state until the first frame.
      if (!signal.aborted) throw error;
    }
    return this.#watching(sessionId, cameraId);
  }

  /** Pauses playback for this Session only. */
  async stop(principal: Principal, cameraId: string): Promise<Watching> {
    return this.#change(this.#session(principal, cameraId), cameraId, { streaming: false });
  }

  /** Sets the width of the Session's video. */
  async resize(principal: Principal, cameraId: string, width: number | 'source'): Promise<Watching> {
    return this.#change(this.#session(principal, cameraId), cameraId, { width });
  }

  /** Calls back on every change. Returns a function that unsubscribes. */
  onChange(listener: (event: WatchingEvent) => void): () => void {
    return this.#events.add(listener);
  }

  /** @throws {PortholeError} `camera_not_found`, or `not_signed_in` for a request without a Session. */
  #session(principal: Principal, cameraId: string): string {
    if (!maySee(principal, cameraId)) throw new PortholeError('camera_not_found');
    this.#cameras.get(cameraId);
    if (principal.sessionId !== null) return principal.sessionId;
    throw new PortholeError('not_signed_in', {
      message: sentence('camera_start_programs'),
    });
  }

  async #watching(sessionId: string, cameraId: string): Promise<Watching> {
    return (await this.#store.get(sessionId, cameraId)) ?? paused;
  }

  async #change(sessionId: string, cameraId: string, change: Partial<Watching>): Promise<Watching> {
    const watching = { ...(await this.#watching(sessionId, cameraId)), ...change };
    await this.#store.set(sessionId, cameraId, watching);
    this.#events.emit({ sessionId, cameraId, watching });
    return watching;
  }
}

import type { FromCapture, VideoFormat, ResolvedSource, WantedRendition } from '../../channel/messages.ts';
import type { CameraState } from '../../domain/camera.ts';
import { monotonicNow } from '../../domain/clock.ts';
import type { Control, ControlRequest } from '../../domain/control.ts';
import { asPortholeError, PortholeError, problemError, type Problem } from '../../domain/errors.ts';
import type { Frame } from '../../domain/frame.ts';
import type { H264EncoderChoice } from '../../domain/h264-encoder.ts';
import { isPassthrough, renditionFor, renditionKey, type Rendition } from '../../domain/rendition.ts';
import { Backoff } from './backoff.ts';
import { Broadcast } from '../../fanout/broadcast.ts';
import { CaptureProcess } from '../captures/capture-process.ts';
import { CaptureStatistics } from './capture-statistics.ts';
import type { Logger } from '../../domain/logger.ts';
import type { LoadShedder } from '../../fanout/load-shedder.ts';
import { PlaceholderFrames } from './placeholder-frames.ts';
import type { Viewer } from '../../fanout/viewer.ts';

/** What a {@link CameraSupervisor} is made of. */
export interface SupervisorOptions {
  /** What people call the camera: on notices. */
  readonly name: () => string;
  /** Finds out what to open, each time anew: addresses may have changed. */
  readonly resolve: () => Promise<ResolvedSource>;
  /** Makes a failure's sentence more exact, such as which program has the device. */
  readonly explain: (problem: Problem) => Promise<Problem>;
  /** False while the camera is switched off. */
  readonly enabled: boolean;
  /** How long the camera stays open after the last one who wanted it has left, in milliseconds. */
  readonly grace: number;
  readonly limits: SupervisorLimits;
  /** Shared by all cameras: they share the machine. */
  readonly loadShedder: LoadShedder;
  /** What encodes H.264; x264. */
  readonly h264Encoder?: H264EncoderChoice;
  readonly log: Logger;
  /** Called when the state has changed. */
  readonly onState: (state: CameraState) => void;
}

/** Times after which a camera counts as failed, in milliseconds. */
export interface SupervisorLimits {
  /** From opening the source, in a process that runs, to its first picture. */
  readonly opening: number;
  /** Between two pictures. */
  readonly silence: number;
  /** The longest wait between two tries to open it. */
  readonly retry: number;
}

/** How long a capture process may take to start, in milliseconds: a slow machine is no silent camera. */
const startLimit = 30_000;
/** Wait before the first new try, in milliseconds. */
const firstRetry = 250;
/** A Capture that has lived this long was no failed try, in milliseconds. */
const resetsBackoffAfter = 10_000;
/** A poster that is older than this is made anew when it is wanted, in milliseconds. */
const posterAge = 2_000;
/** How wide a poster is that is made for its own sake, in pixels. */
const posterWidth = 960;
/** How long that may take, in milliseconds. */
const posterLimit = 2_000;
/** How often connections and silence are looked at, in milliseconds. */
const tickInterval = 1_000;

/**
 * Keeps one Camera's Capture running while somebody wants it, and only then; starts it again when it fails; and hands
 * its Frames to the Broadcasts, whose Viewers never notice more than a pause.
 */
export class CameraSupervisor {
  readonly #options: SupervisorOptions;
  readonly #broadcasts = new Map<string, Broadcast>();
  readonly #byId = new Map<number, Broadcast>();
  readonly #backoff: Backoff;
  readonly #placeholders = new PlaceholderFrames();
  readonly statistics = new CaptureStatistics();
  readonly #nextId: () => number;
  #state: CameraState;
  #enabled: boolean;
  #resolve: () => Promise<ResolvedSource>;
  #demand = 0;
  #capture: CaptureProcess | null = null;
  /** The attempt under way or running; what belongs to an earlier one is of no interest any more. */
  #attempt = 0;
  #closing: Promise<void> = Promise.resolve();
  #graceTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #openingTimer: NodeJS.Timeout | undefined;
  #placeholderTimer: NodeJS.Timeout | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #lastSign = 0;
  #video: VideoFormat | null = null;
  #poster: Frame | null = null;
  /** True while a JPEG is made for the poster alone. */
  #freshening = false;
  readonly #waiters = new Set<(outcome: PortholeError | null) => void>();
  /** True while the Mode is switched for a photo, and back. */
  #photo = false;
  #ended = false;

  /** @param nextId gives each Broadcast of the server its number */
  constructor(options: SupervisorOptions, nextId: () => number) {
    this.#options = options;
    this.#nextId = nextId;
    this.#enabled = options.enabled;
    this.#resolve = options.resolve;
    this.#state = options.enabled ? { kind: 'closed' } : { kind: 'off' };
    this.#backoff = new Backoff({ first: firstRetry, most: options.limits.retry });
  }

  /** The state as everybody sees it. */
  get state(): CameraState {
    return this.#state;
  }

  /** The source's picture as last seen, also while closed; null before the first one. */
  get video(): VideoFormat | null {
    return this.#video;
  }

  /**
   * The last JPEG that somebody watched; null before the first one and after switching off. While everybody watches
   * H.264 a fresh one is made for whoever asks next.
   */
  get poster(): Frame | null {
    this.#freshenPoster();
    return this.#poster;
  }

  /** Every Broadcast there has been, for metrics. */
  get broadcasts(): Iterable<Broadcast> {
    return this.#broadcasts.values();
  }

  /** The process id of the running Capture. */
  get pid(): number | undefined {
    return this.#capture?.pid;
  }

  /** The Broadcast of a Rendition. */
  broadcast(rendition: Rendition): Broadcast {
    const key = renditionKey(rendition);
    let broadcast = this.#broadcasts.get(key);
    if (broadcast === undefined) {
      const id = this.#nextId();
      broadcast = new Broadcast(id, rendition, () => this.#askForKeyframe(id, rendition));
      this.#broadcasts.set(key, broadcast);
      this.#byId.set(id, broadcast);
    }
    return broadcast;
  }

  /**
   * Wants the camera open. It opens at once unless it is switched off, and stays open until this and every other demand
   * has been released and the grace time is over.
   *
   * @returns what releases the demand; calling it again does nothing.
   */
  demand(): () => void {
    this.#demand += 1;
    clearTimeout(this.#graceTimer);
    this.#ticker ??= setInterval(() => this.#tick(), tickInterval);
    if (this.#capture === null && this.#retryTimer === undefined && this.#state.kind !== 'opening') this.#open();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#demand -= 1;
      if (this.#demand > 0) return;
      clearTimeout(this.#graceTimer);
      this.#graceTimer = setTimeout(() => this.#rest(), this.#options.grace);
    };
  }

  /**
   * Adds a Viewer of a Rendition.
   *
   * @returns what removes it again.
   */
  subscribe(rendition: Rendition, viewer: Viewer): () => void {
    const broadcast = this.broadcast(rendition);
    broadcast.add(viewer);
    if (broadcast.viewerCount === 1) this.#tellWanted();
    const release = this.demand();
    return () => {
      if (broadcast.remove(viewer) && broadcast.viewerCount === 0) {
        this.#forget(broadcast);
        // What was seen last, and not what was last seen as JPEG.
        if (rendition.codec === 'h264') this.#freshenPoster();
        this.#tellWanted();
      }
      release();
    };
  }

  /**
   * Resolves when the camera is live; the caller holds a {@link demand}.
   *
   * @throws {PortholeError} why the present try failed, or `camera_off`.
   */
  async untilLive({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#state.kind === 'live') return;
    if (!this.#enabled) throw new PortholeError('camera_off');
    this.retryNow();
    const { promise, resolve } = Promise.withResolvers<PortholeError | null>();
    const abort = (): void => resolve(new PortholeError('camera_failed', { message: 'The request was given up.' }));
    this.#waiters.add(resolve);
    signal?.addEventListener('abort', abort, { once: true });
    const outcome = await promise;
    this.#waiters.delete(resolve);
    signal?.removeEventListener('abort', abort);
    if (outcome !== null) throw outcome;
  }

  /**
   * Reads or sets the controls of the device that is open; null while none is.
   *
   * @throws {PortholeError} `invalid_input` for a bad value.
   */
  async controls(request: ControlRequest): Promise<readonly Control[] | null> {
    return this.#state.kind === 'live' && this.#capture !== null ? this.#capture.controls(request) : null;
  }

  /** Tries at once instead of waiting for the next try. */
  retryNow(): void {
    if (this.#retryTimer === undefined || this.#demand === 0) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#open();
  }

  /** Switches the camera off or on. When this resolves after switching off, the device is free. */
  async setEnabled(enabled: boolean): Promise<void> {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    if (enabled) {
      this.#setState({ kind: 'closed' });
      if (this.#demand > 0) this.#open();
      return;
    }
    this.#poster = null;
    this.#setState({ kind: 'off' });
    this.#settle(new PortholeError('camera_off'));
    await this.#stop();
  }

  /**
   * Opens another source, or the same one in another Mode; viewers stay.
   *
   * @param photo true if it is for the moment of a photo: viewers are told so
   */
  async replaceSource(resolve: () => Promise<ResolvedSource>, { photo = false } = {}): Promise<void> {
    this.#resolve = resolve;
    this.#video = null;
    this.#photo = photo;
    await this.#stop();
    this.#backoff.reset();
    if (this.#enabled) this.#setState({ kind: 'closed' });
    if (this.#demand > 0) this.#open();
  }

  /** Ends the Capture and every Viewer for good. Resolves when the device is free. Idempotent. */
  async close(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#ticker);
    clearTimeout(this.#graceTimer);
    clearTimeout(this.#placeholderTimer);
    this.#settle(new PortholeError('shutting_down'));
    for (const broadcast of this.#broadcasts.values()) broadcast.end();
    await this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): void {
    if (!this.#enabled || this.#ended || this.#capture !== null) return;
    this.#attempt += 1;
    const attempt = this.#attempt;
    if (this.#state.kind !== 'reconnecting') {
      this.#setState({ kind: 'opening', since: Date.now(), ...(this.#photo ? { photo: true } : {}) });
    }
    this.#start(attempt).catch((error: unknown) =>
      this.#failed(attempt, asPortholeError(error).toJSON(), 'not started'),
    );
  }

  async #start(attempt: number): Promise<void> {
    await this.#closing;
    const source = await this.#resolve();
    if (attempt !== this.#attempt || this.#capture !== null) return;
    const { log, limits } = this.#options;
    const mine = (): boolean => attempt === this.#attempt;
    const startedAt = monotonicNow();
    const { h264Encoder = 'x264' } = this.#options;
    const capture = new CaptureProcess(
      { source, renditions: this.#wanted(), h264Encoder },
      {
        opening: () => mine() && this.#expectPicture(limits.opening),
        ready: (video) => mine() && this.#live(video),
        changed: (video) => mine() && this.#noteChange(video),
        frame: (id, frame) => mine() && this.#publish(id, frame),
        statistics: (message) => mine() && this.#noteStatistics(message),
        exited: (problem, how) => {
          if (!mine()) return;
          if (monotonicNow() - startedAt > resetsBackoffAfter) this.#backoff.reset();
          this.#failed(attempt, problem, how);
        },
      },
      log,
    );
    this.#capture = capture;
    log.info({ pid: capture.pid }, 'camera initialised: capture process started');
    this.#expectPicture(startLimit);
  }

  /** Gives the present attempt up unless its first picture comes within this time. */
  #expectPicture(within: number): void {
    const attempt = this.#attempt;
    clearTimeout(this.#openingTimer);
    this.#openingTimer = setTimeout(() => {
      this.#options.log.warn({ pid: this.pid }, 'camera sends no picture');
      this.#failed(attempt, new PortholeError('camera_silent').toJSON(), 'no picture in time');
    }, within);
  }

  #live(video: VideoFormat): void {
    clearTimeout(this.#openingTimer);
    this.#lastSign = monotonicNow();
    this.#video = video;
    this.statistics.started();
    this.#placeholders.forget();
    this.#options.log.info({ ...video }, 'camera is live');
    if (video.warning !== undefined) this.#options.log.warn({}, video.warning);
    this.#setState({ kind: 'live', since: Date.now(), fps: 0, ...formatOf(video) });
    this.#settle(null);
  }

  #noteChange(video: VideoFormat): void {
    this.#video = video;
    this.#options.log.info({ ...video }, 'camera changed its picture');
    if (this.#state.kind === 'live') this.#setState({ ...this.#state, ...formatOf(video) });
  }

  #publish(id: number, frame: Frame): void {
    const broadcast = this.#byId.get(id);
    // A camera that can only be heard is to be started again.
    if (frame.width > 0) this.#lastSign = monotonicNow();
    if (broadcast === undefined || broadcast.viewerCount === 0) return;
    if (broadcast.rendition.codec === 'jpeg') this.#poster = frame;
    this.statistics.dropped.overload += this.#options.loadShedder.publish(broadcast, frame);
  }

  /** Has one JPEG made while the camera is live and watched, but not as JPEG, if the last one is old. */
  #freshenPoster(): void {
    const age = monotonicNow() - (this.#poster?.capturedAt ?? -Infinity);
    if (this.#freshening || this.#state.kind !== 'live' || this.#demand === 0 || age < posterAge) return;
    for (const { rendition, viewerCount } of this.#broadcasts.values()) {
      if (rendition.codec === 'jpeg' && viewerCount > 0) return;
    }
    this.#freshening = true;
    const rendition = renditionFor(posterWidth, this.#video?.width ?? null);
    const release = this.subscribe(rendition, { offer: () => queueMicrotask(end) });
    const end = (): void => {
      this.#freshening = false;
      clearTimeout(timer);
      release();
    };
    const timer = setTimeout(end, posterLimit);
  }

  #noteStatistics(message: Extract<FromCapture, { type: 'stats' }>): void {
    if (message.captured > 0) this.#lastSign = monotonicNow();
    this.statistics.add(message);
    const state = this.#state;
    if (state.kind !== 'live') return;
    const { fps } = this.statistics;
    if (Math.abs(fps - state.fps) >= 0.5) this.#setState({ ...state, fps });
  }

  /** The present attempt is over, in a way that nobody wanted. */
  #failed(attempt: number, problem: Problem | null, how: string): void {
    if (attempt !== this.#attempt) return;
    void this.#stop();
    const failure = problem ?? new PortholeError('capture_crashed', { detail: how }).toJSON();
    this.#options.log.warn({ code: failure.code, detail: failure.detail, how }, `camera failed: ${failure.message}`);
    this.statistics.restarts += 1;
    if (!this.#enabled || this.#ended) return;
    if (this.#demand === 0) {
      this.#setState({ kind: 'closed' });
      this.#settle(problemError(failure));
      return;
    }
    const delay = this.#backoff.next();
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#open();
    }, delay);
    const before = this.#state;
    const lasting = before.kind === 'reconnecting';
    // A device that was pulled is still "unplugged" when the next try finds none.
    const known = lasting && before.problem.code === 'camera_unplugged' && failure.code === 'camera_missing';
    const retryAt = Date.now() + delay;
    const since = lasting ? before.since : Date.now();
    this.#setState({ kind: 'reconnecting', since, retryAt, problem: known ? before.problem : failure });
    // As soon as viewers have seen nothing for a moment, and not only with the next tick after that.
    clearTimeout(this.#placeholderTimer);
    const quiet = monotonicNow() - this.#lastSign;
    this.#placeholderTimer = setTimeout(
      () => {
        if (this.#state.kind !== 'live') this.#offerPlaceholders();
      },
      Math.max(0, tickInterval - quiet),
    ).unref();
    const following = this.#attempt;
    void this.#options.explain(failure).then((explained) => {
      this.#settle(problemError(explained));
      if (this.#state.kind !== 'reconnecting' || known || following !== this.#attempt) return;
      if (explained.message !== failure.message) this.#setState({ ...this.#state, problem: explained });
    });
  }

  /** Nobody wants the camera any more: closes it. */
  #rest(): void {
    if (this.#demand > 0 || this.#ended) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    this.#backoff.reset();
    void this.#stop();
    if (this.#enabled) this.#setState({ kind: 'closed' });
  }

  /** Ends the present attempt, whatever it is doing. Resolves when no process of it is left. */
  #stop(): Promise<void> {
    this.#attempt += 1;
    clearTimeout(this.#openingTimer);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    const capture = this.#capture;
    this.#capture = null;
    for (const broadcast of this.#broadcasts.values()) this.#forget(broadcast);
    this.statistics.stopped();
    if (capture !== null) {
      const closed = capture.close().then(() => this.#options.log.info({ pid: capture.pid }, 'camera released'));
      this.#closing = Promise.all([this.#closing, closed]).then(() => undefined);
    }
    return this.#closing;
  }

  #forget(broadcast: Broadcast): void {
    this.#options.loadShedder.forget(broadcast);
    broadcast.forget();
  }

  #tick(): void {
    const now = monotonicNow();
    for (const broadcast of this.#broadcasts.values()) broadcast.tick(now);
    const silent = now - this.#lastSign;
    if (this.#state.kind === 'live') {
      const interval = 1_000 / Math.max(0.05, this.#video?.fps ?? 30);
      if (silent > Math.max(this.#options.limits.silence, interval * 4)) {
        this.#failed(this.#attempt, new PortholeError('camera_silent').toJSON(), `silent for ${Math.round(silent)} ms`);
      }
    }
    if (silent >= tickInterval) this.#offerPlaceholders();
  }

  #offerPlaceholders(): void {
    for (const broadcast of this.#broadcasts.values()) {
      // Stand-ins are JPEGs: those who watch H.264 learn the state by other means.
      if (broadcast.viewerCount > 0 && broadcast.rendition.codec === 'jpeg') {
        this.#placeholders.offer(broadcast, this.#options.name(), this.#state, this.#video);
      }
    }
  }

  #wanted(): WantedRendition[] {
    return Array.from(this.#broadcasts.values())
      .filter((broadcast) => broadcast.viewerCount > 0)
      .map(({ id, rendition }) => ({ id, ...rendition }));
  }

  #tellWanted(): void {
    this.#capture?.want(this.#wanted());
  }

  /** @returns false if this Rendition is the source's own, which makes its keyframes when it likes. */
  #askForKeyframe(id: number, rendition: Rendition): boolean {
    if (this.#capture === null || this.#video === null) return true; // The first picture will be one.
    if (isPassthrough(rendition, this.#video.passthrough ?? null, this.#video.width)) return false;
    this.#capture.requestKeyframe(id);
    return true;
  }

  #settle(outcome: PortholeError | null): void {
    for (const waiter of this.#waiters) waiter(outcome);
    this.#waiters.clear();
  }

  #setState(state: CameraState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

type LiveFacts = Pick<
  Extract<CameraState, { kind: 'live' }>,
  'width' | 'height' | 'format' | 'claimedFps' | 'warning' | 'audio'
>;

function formatOf({ width, height, format, fps, warning, audio }: VideoFormat): LiveFacts {
  return {
    width,
    height,
    format,
    ...(fps === null ? {} : { claimedFps: Math.round(fps * 100) / 100 }),
    ...(warning === undefined ? {} : { warning }),
    ...(audio === undefined ? {} : { audio }),
  };
}

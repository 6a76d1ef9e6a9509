import type { VideoFormat, WantedRendition } from '../../domain/media/media.ts';
import type { CameraState } from '../../domain/cameras/camera.ts';
import type { Control, ControlRequest } from '../../domain/cameras/control.ts';
import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError, problemError, type Problem, type ProblemCode } from '../../domain/errors.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Logger } from '../../domain/logger.ts';
import type { SourceLimits } from '../../domain/cameras/source-kinds.ts';
import { inEnglish } from '../../messages/sentence.ts';
import type { Captures, CaptureSource, CaptureStats } from '../captures/capture.ts';
import { CaptureAttempt } from './capture-attempt.ts';
import { CaptureStatistics } from './capture-statistics.ts';
import { Demand } from './demand.ts';
import { liveFacts } from './live-facts.ts';
import { LiveWaiters } from './live-waiters.ts';
import { type Pace, Retry } from './retry.ts';

/** A Capture that ran this long resets the backoff, in milliseconds. */
const resetsBackoffAfter = 10_000;
/** The same after costly failures, in milliseconds. */
const resetsSlowBackoffAfter = 600_000;
/** Failures whose every attempt costs much: the next one is due much later. */
const costly: ReadonlySet<ProblemCode> = new Set(['capture_memory', 'source_beyond_limits']);
/** Failures where nobody answered: the next attempt is due soon, so that a network that returns is noticed. */
const unanswered: ReadonlySet<ProblemCode> = new Set(['source_unreachable', 'source_refused', 'camera_silent']);
/** How long a caller waits for a camera that has failed before it learns why, in milliseconds. */
const failedWait = 1_500;
/** People may make an attempt before it is due once in this time, in milliseconds; a costly one less often. */
const askedRetries = { usual: 2_000, costly: 10_000 };

/** Options of {@link CameraLifecycle}. */
export interface LifecycleOptions {
  /** Checks the source and looks up its host, before each attempt: addresses may have changed. */
  readonly resolve: () => Promise<CaptureSource>;
  /** Makes a failure's message more exact, such as which program uses the device. */
  readonly explain: (problem: Problem) => Promise<Problem>;
  /** Opens the sources of each kind. */
  readonly captures: Captures;
  /** False while the camera is switched off. */
  readonly enabled: boolean;
  /** How long the camera stays open after the last demand was released, in milliseconds. */
  readonly grace: number;
  readonly limits: SourceLimits;
  /** The Renditions in demand. */
  readonly wanted: () => readonly WantedRendition[];
  readonly events: LifecycleEvents;
  readonly log: Logger;
}

/** Events of a {@link CameraLifecycle}. */
export interface LifecycleEvents {
  /** The state has changed. */
  state(state: CameraState): void;
  /** A frame of a wanted Rendition was captured. */
  frame(rendition: number, frame: Frame): void;
  /** The source has delivered frames, although perhaps none of a wanted Rendition. */
  captured(): void;
  /** Counts of the Capture, about once a second. */
  stats?(stats: CaptureStats): void;
  /** The Capture has ended: frames that it delivered are no longer current. */
  stopped(): void;
}

/**
 * Keeps a camera's Capture running while there is demand, and only then; restarts it when it fails; and keeps it closed
 * while an admin has switched the camera off.
 */
export class CameraLifecycle {
  readonly #options: LifecycleOptions;
  readonly statistics = new CaptureStatistics();
  readonly #demand: Demand;
  readonly #retry: Retry;
  readonly #waiters = new LiveWaiters();
  #resolve: () => Promise<CaptureSource>;
  #enabled: boolean;
  #state: CameraState;
  #video: VideoFormat | null = null;
  #attempt: CaptureAttempt | null = null;
  /** Resolves once every earlier attempt has released the device. */
  #released: Promise<void> = Promise.resolve();
  /** True while the Mode is switched for a photo, and back. */
  #photo = false;
  /** Why the last attempt failed, and since when they do; null once the camera was live. */
  #failure: { readonly problem: Problem; readonly since: number } | null = null;
  /** True if the last two attempts have failed for the same reason. */
  #isSameFailure = false;
  #askedAt = -Infinity;
  #closed = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#resolve = options.resolve;
    this.#enabled = options.enabled;
    this.#state = options.enabled ? { kind: 'closed' } : { kind: 'off' };
    this.#retry = new Retry(options.limits.retry, () => this.#open());
    this.#demand = new Demand(options.grace, {
      wanted: () => this.#openWhenDue(),
      idle: () => this.#rest(),
    });
  }

  /** The state that users see. */
  get state(): CameraState {
    return this.#state;
  }

  /** The source's video as last seen, also while closed; null before the first frame. */
  get video(): VideoFormat | null {
    return this.#video;
  }

  /** True while somebody wants the camera open; the grace time does not count. */
  get isWanted(): boolean {
    return this.#demand.exists;
  }

  /**
   * Wants the camera open. It opens at once unless it is switched off or has failed, and stays open until all demand
   * has been released and the grace time is over. After failures, it opens when the next attempt is due, however many
   * callers want it.
   *
   * @returns a function that releases the demand. Calling it again does nothing.
   */
  demand(): () => void {
    return this.#demand.add();
  }

  /**
   * Resolves when the camera is live; the caller holds a {@link demand}.
   *
   * @throws {PortholeError} why the current attempt failed, or `camera_off`. If the last attempt failed too, it throws after
   *   a moment.
   */
  async untilLive({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#state.kind === 'live') return;
    if (!this.#enabled) throw new PortholeError('camera_off');
    if (this.#state.kind !== 'reconnecting') return this.#waiters.wait(signal);
    const { problem, retryAt } = this.#state;
    if (this.#retry.isPending && retryAt - Date.now() > failedWait) throw problemError(problem);
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(problemError(problem)), failedWait);
    try {
      await this.#waiters.wait(signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Makes the next attempt now instead of waiting for it: the device is back. */
  retryNow(): void {
    if (this.#demand.exists) this.#retry.now();
    else this.#retry.reset();
  }

  /** Makes the next attempt now because somebody asks for it. Does nothing if somebody has just asked. */
  askToRetry(): void {
    const now = monotonicNow();
    const interval = askedRetries[this.#hasFailedCostly ? 'costly' : 'usual'];
    if (!this.#demand.exists || !this.#retry.isPending || now - this.#askedAt < interval) return;
    this.#askedAt = now;
    this.#retry.now();
  }

  /** Tells the Capture which Renditions are in demand now. */
  want(): void {
    this.#attempt?.want();
  }

  /** Asks the Capture for a keyframe of a Rendition. */
  requestKeyframe(rendition: number): void {
    this.#attempt?.requestKeyframe(rendition);
  }

  /**
   * Reads or sets the controls of the open device; null if no device is open.
   *
   * @throws {PortholeError} `invalid_input` for a bad value.
   */
  async controls(request: ControlRequest): Promise<readonly Control[] | null> {
    return this.#state.kind === 'live' && this.#attempt !== null ? this.#attempt.controls(request) : null;
  }

  /** Switches the camera on or off. After switching off, resolves once the device is free. */
  async setEnabled(enabled: boolean): Promise<void> {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    if (enabled) {
      this.#forgetFailures();
      this.#setState({ kind: 'closed' });
      this.#openIfWanted();
      return;
    }
    this.#setState({ kind: 'off' });
    this.#waiters.settle(new PortholeError('camera_off'));
    await this.#stop();
  }

  /**
   * Opens another source, or the same one in another Mode. Demand stays.
   *
   * @param options.photo true while the Mode is switched for a photo: the state then says so
   * @param options.same true for the same source in another Mode: its failures count
   */
  async replaceSource(
    resolve: () => Promise<CaptureSource>,
    options: { readonly photo?: boolean; readonly same?: boolean } = {},
  ): Promise<void> {
    const { photo = false, same = photo } = options;
    this.#resolve = resolve;
    this.#video = null;
    this.#photo = photo;
    const released = this.#stop();
    if (!same) this.#forgetFailures();
    if (this.#enabled) this.#setState({ kind: 'closed' });
    // The attempt waits for the device, and callers that come meanwhile find it begun.
    this.#openIfWanted();
    await released;
  }

  /** Ends the Capture for good. Resolves once the device is free. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#demand.close();
    this.#waiters.settle(new PortholeError('shutting_down'));
    await this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #openIfWanted(): void {
    if (this.#demand.exists) this.#openWhenDue();
  }

  /** Opens the camera now, or when the next attempt is due. */
  #openWhenDue(): void {
    if (!this.#enabled || this.#closed || this.#attempt !== null || this.#retry.isPending) return;
    const wait = this.#retry.request();
    if (wait === 0) return;
    if (this.#failure === null) this.#setState({ kind: 'opening', since: Date.now() });
    else this.#setState({ kind: 'reconnecting', ...this.#failure, retryAt: Date.now() + wait });
  }

  get #hasFailedCostly(): boolean {
    return this.#failure !== null && costly.has(this.#failure.problem.code);
  }

  #forgetFailures(): void {
    this.#failure = null;
    this.#isSameFailure = false;
    this.#retry.reset({ costly: true });
  }

  #open(): void {
    if (!this.#enabled || this.#closed || this.#attempt !== null) return;
    if (this.#state.kind !== 'reconnecting') {
      this.#setState({ kind: 'opening', since: Date.now(), ...(this.#photo ? { photo: true } : {}) });
    }
    const { captures, wanted, limits, events, log } = this.#options;
    this.#attempt = CaptureAttempt.start({
      resolve: this.#resolve,
      after: this.#released,
      captures,
      wanted,
      limits,
      events: {
        waiting: () => this.#waiting(),
        live: (video) => this.#live(video),
        changed: (video) => this.#changed(video),
        frame: (rendition, frame) => events.frame(rendition, frame),
        stats: (stats) => {
          this.statistics.add(stats);
          if (stats.captured > 0) events.captured();
          this.#updateRate();
          events.stats?.(stats);
        },
        failed: (problem, detail) => this.#failed(problem, detail),
      },
      isRetry: this.#isSameFailure,
      log,
    });
  }

  #waiting(): void {
    const since = this.#state.kind === 'opening' ? this.#state.since : Date.now();
    this.#setState({ kind: 'opening', since, waitingFor: 'keyframe' });
  }

  #live(video: VideoFormat): void {
    const { log, events } = this.#options;
    this.#video = video;
    this.#failure = null;
    this.#isSameFailure = false;
    this.statistics.started();
    const warning = video.warning === undefined ? undefined : inEnglish(video.warning);
    log.info({ ...video, warning }, 'camera is live');
    if (warning !== undefined) log.warn({}, warning);
    events.captured();
    this.#setState({ kind: 'live', since: Date.now(), fps: 0, ...liveFacts(video) });
    this.#waiters.settle(null);
  }

  #changed(video: VideoFormat): void {
    this.#video = video;
    this.#options.log.info({ ...video }, 'camera changed its format');
    if (this.#state.kind !== 'live') return;
    // Facts that no longer hold, such as a warning, are left out.
    const { since, fps } = this.#state;
    this.#setState({ kind: 'live', since, fps, ...liveFacts(video) });
  }

  #updateRate(): void {
    const state = this.#state;
    const { fps } = this.statistics;
    if (state.kind === 'live' && Math.abs(fps - state.fps) >= 0.5) this.#setState({ ...state, fps });
  }

  /** The current attempt has ended although nobody asked for it. */
  #failed(failure: Problem, detail: string): void {
    const ranFor = this.#attempt?.ranFor ?? 0;
    if (ranFor > resetsBackoffAfter) this.#retry.reset({ costly: ranFor > resetsSlowBackoffAfter });
    void this.#stop();
    const { code, message } = failure;
    const facts = { code, detail: failure.detail, how: detail };
    this.#isSameFailure = isStill(this.#failure?.problem, code);
    this.#options.log[this.#isSameFailure ? 'debug' : 'warn'](facts, `camera failed: ${message}`);
    this.statistics.restarts += 1;
    this.#retry.postpone(paceAfter(code));
    if (this.#demand.exists) this.#reconnect(failure);
    else {
      this.#failure = { problem: failure, since: Date.now() };
      this.#setState({ kind: 'closed' });
      this.#waiters.settle(problemError(failure));
    }
  }

  #reconnect(failure: Problem): void {
    const retryAt = Date.now() + this.#retry.request();
    const before = this.#state;
    const isLasting = before.kind === 'reconnecting';
    const isKnown = isLasting && before.problem.code !== failure.code && isStill(before.problem, failure.code);
    const since = isLasting ? before.since : Date.now();
    const problem = isKnown ? before.problem : failure;
    const state: CameraState = { kind: 'reconnecting', since, retryAt, problem };
    this.#failure = { problem, since };
    this.#setState(state);
    void this.#options.explain(failure).then((explained) => {
      this.#waiters.settle(problemError(explained));
      if (this.#state !== state || isKnown || explained.message === failure.message) return;
      this.#failure = { problem: explained, since };
      this.#setState({ ...state, problem: explained });
    });
  }

  /** There has been no demand for the grace time: closes the camera. */
  #rest(): void {
    if (this.#closed) return;
    if (this.#state.kind === 'live') this.#retry.reset();
    // Else every viewer that comes and goes would begin an attempt.
    else if (this.#attempt !== null) this.#retry.postpone();
    void this.#stop();
    if (this.#enabled) this.#setState({ kind: 'closed' });
  }

  /** Ends the current attempt at any stage. Resolves once the device is free. */
  #stop(): Promise<void> {
    const attempt = this.#attempt;
    this.#attempt = null;
    this.#retry.cancel();
    this.statistics.stopped();
    if (attempt !== null) {
      this.#released = Promise.all([this.#released, attempt.stop()]).then(() => undefined);
      this.#options.events.stopped();
    }
    return this.#released;
  }

  #setState(state: CameraState): void {
    this.#state = state;
    this.#options.events.state(state);
  }
}

/**
 * True if a failure is the one before: a device that was unplugged is still that when the next attempt does not find
 * it.
 */
function isStill(before: Problem | undefined, code: ProblemCode): boolean {
  return before?.code === code || (before?.code === 'camera_unplugged' && code === 'camera_missing');
}

function paceAfter(code: ProblemCode): Pace {
  if (unanswered.has(code)) return 'quick';
  return costly.has(code) ? 'slow' : 'usual';
}

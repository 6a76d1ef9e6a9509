import type { VideoFormat, WantedRendition } from '../../domain/media/media.ts';
import { monotonicNow } from '../../domain/clock.ts';
import type { Control, ControlRequest } from '../../domain/cameras/control.ts';
import { asPortholeError, PortholeError, type Problem } from '../../domain/errors.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Logger } from '../../domain/logger.ts';
import { isNetwork, type SourceLimits } from '../../domain/cameras/source-kinds.ts';
import { silence } from '../../text/silence.ts';
import type { Capture, CaptureEnd, CaptureEvents, Captures, CaptureSource, CaptureStats } from '../captures/capture.ts';
import { Rhythm } from './rhythm.ts';

/** How long a Capture may take before it opens its source, in milliseconds: a slow machine is not a silent camera. */
const startLimit = 30_000;
/** The longest and shortest time between two checks that frames arrive, in milliseconds: the limit follows the rhythm. */
const stallCheck = { most: 1_000, least: 50 };
/** How long a stream that sends frames may take to send a keyframe, in milliseconds. */
const keyframeLimit = 90_000;

/** Options of {@link CaptureAttempt.start}. */
export interface AttemptOptions {
  /** Checks the source and looks up its host. */
  readonly resolve: () => Promise<CaptureSource>;
  /** Resolves once the previous attempt has released the device. */
  readonly after: Promise<void>;
  readonly captures: Captures;
  /** The Renditions in demand. */
  readonly wanted: () => readonly WantedRendition[];
  readonly limits: Omit<SourceLimits, 'retry'>;
  readonly events: AttemptEvents;
  /** True if attempts have failed for the same reason before: the same lines would fill the log. False by default. */
  readonly isRetry?: boolean;
  readonly log: Logger;
}

/** Events of a {@link CaptureAttempt}; none after `failed` or {@link CaptureAttempt.stop}. */
export interface AttemptEvents extends Pick<CaptureEvents, 'changed' | 'frame' | 'stats'> {
  /** The source sends frames, but they cannot be decoded before its next keyframe. */
  waiting(): void;
  /** The first frame has been captured. */
  live(video: VideoFormat): void;
  /** It ended although nobody asked for it. `detail` is for the log. */
  failed(problem: Problem, detail: string): void;
}

/** One attempt to capture from a source: from the check of its address to the end of its Capture. */
export class CaptureAttempt {
  readonly #options: AttemptOptions;
  readonly #abort = new AbortController();
  #capture: Capture | null = null;
  #released: Promise<void> = Promise.resolve();
  #openedAt: number | null = null;
  #openingTimer: NodeJS.Timeout | undefined;
  #stallTimer: NodeJS.Timeout | undefined;
  /** Null before the first frame. */
  #rhythm: Rhythm | null = null;
  /** When a frame was shown since the last counts, on the monotonic clock; null if none was. */
  #shownAt: number | null = null;
  /** True while frames arrive of which none can be decoded yet. */
  #waitsForKeyframe = false;
  /** Only streams from the network may start between two keyframes. */
  #isNetwork = false;

  private constructor(options: AttemptOptions) {
    this.#options = options;
  }

  /** Starts an attempt. */
  static start(options: AttemptOptions): CaptureAttempt {
    const attempt = new CaptureAttempt(options);
    void attempt.#run();
    return attempt;
  }

  /** For how long the Capture has run, in milliseconds. */
  get ranFor(): number {
    return this.#openedAt === null ? 0 : monotonicNow() - this.#openedAt;
  }

  /** Tells the Capture which Renditions are in demand now. */
  want(): void {
    this.#capture?.want(this.#options.wanted());
  }

  /** Asks for a keyframe of a Rendition. */
  requestKeyframe(rendition: number): void {
    this.#capture?.requestKeyframe(rendition);
  }

  /** Reads or sets the controls of the open device; null if the Capture has none. */
  async controls(request: ControlRequest): Promise<readonly Control[] | null> {
    return (await this.#capture?.controls?.(request)) ?? null;
  }

  /** Ends the attempt. Resolves once everything is released. Idempotent. */
  stop(): Promise<void> {
    if (this.#isOver) return this.#released;
    clearTimeout(this.#openingTimer);
    clearTimeout(this.#stallTimer);
    this.#abort.abort();
    const capture = this.#capture;
    if (capture !== null) {
      const { isRetry = false, log } = this.#options;
      const level = isRetry && this.#rhythm === null ? 'debug' : 'info';
      this.#released = capture.close().then(
        () => log[level](capture.facts, 'camera released'),
        (error: unknown) => log.error({ ...capture.facts, err: error }, 'capture could not be closed'),
      );
    }
    return this.#released;
  }

  get #isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  async #run(): Promise<void> {
    const { after, resolve, captures, wanted, isRetry = false, log } = this.#options;
    // A device that is never released, such as by a process that a hung driver keeps, must not look as if it opened.
    this.#openingTimer = setTimeout(() => {
      this.#fail(new PortholeError('camera_failed').toJSON(), `not begun within ${startLimit} ms`);
    }, startLimit);
    try {
      await after;
      if (this.#isOver) return;
      const source = await resolve();
      if (this.#isOver) return;
      this.#openedAt = monotonicNow();
      this.#isNetwork = isNetwork(source.source);
      this.#capture = captures[source.source.kind]({
        source,
        renditions: wanted(),
        events: this.#captureEvents(),
        signal: this.#abort.signal,
        log,
      });
      log[isRetry ? 'debug' : 'info'](this.#capture.facts, 'camera initialised: capture started');
      this.#expectFrameWithin(startLimit);
    } catch (error) {
      this.#fail(asPortholeError(error).toJSON(), 'not started');
    }
  }

  #captureEvents(): CaptureEvents {
    const { events, limits } = this.#options;
    const unlessOver =
      <Args extends unknown[]>(handle: (...args: Args) => void) =>
      (...args: Args): void => {
        if (!this.#isOver) handle(...args);
      };
    return {
      opening: unlessOver(() => this.#expectFrameWithin(limits.opening)),
      ready: unlessOver((video) => this.#live(video)),
      changed: unlessOver((video) => {
        this.#rhythm?.claim(video.fps);
        events.changed(video);
      }),
      frame: (id, frame) => {
        if (!this.#isOver) this.#frame(id, frame);
      },
      stats: unlessOver((stats) => this.#stats(stats)),
      ended: unlessOver((end) => this.#ended(end)),
    };
  }

  #expectFrameWithin(limit: number): void {
    clearTimeout(this.#openingTimer);
    this.#openingTimer = setTimeout(() => {
      const message = this.#waitsForKeyframe ? silence.noKeyframe : silence.atFirst;
      this.#fail(new PortholeError('camera_silent', { message }).toJSON(), `no frame within ${limit} ms`);
    }, limit);
  }

  #live(video: VideoFormat): void {
    clearTimeout(this.#openingTimer);
    this.#rhythm ??= new Rhythm(this.#options.limits, monotonicNow());
    this.#rhythm.claim(video.fps);
    if (this.#stallTimer === undefined) this.#checkStall();
    this.#options.events.live(video);
  }

  #frame(id: number, frame: Frame): void {
    // Audio does not count: a camera without video is to be started again.
    if (frame.width > 0) {
      this.#shownAt = monotonicNow();
      this.#rhythm?.arrived(this.#shownAt, 0);
    }
    this.#options.events.frame(id, frame);
  }

  #stats(stats: CaptureStats): void {
    // Counts come once a second: a frame that was shown says more exactly when the camera fell silent.
    if (stats.captured > 0) this.#rhythm?.arrived(this.#shownAt ?? monotonicNow(), stats.captured);
    this.#shownAt = null;
    const intact = stats.captured - (stats.dropped.corrupt ?? 0);
    if (intact > 0 && this.#isNetwork && this.#rhythm === null && !this.#waitsForKeyframe) {
      this.#waitsForKeyframe = true;
      this.#expectFrameWithin(keyframeLimit);
      this.#options.events.waiting();
    }
    this.#options.events.stats(stats);
  }

  #checkStall(): void {
    const now = monotonicNow();
    if (this.#rhythm === null) return;
    const silent = this.#rhythm.silence(now);
    const left = this.#rhythm.limit(now) - silent;
    if (left < 0) this.#fail(new PortholeError('camera_silent').toJSON(), `silent for ${Math.round(silent)} ms`);
    else {
      const wait = Math.min(stallCheck.most, Math.max(stallCheck.least, left));
      this.#stallTimer = setTimeout(() => this.#checkStall(), wait);
    }
  }

  #ended(end: CaptureEnd): void {
    switch (end.reason) {
      case 'failed':
        return this.#fail(end.problem, end.detail);
      case 'died':
        return this.#fail(new PortholeError('capture_crashed', { detail: end.detail }).toJSON(), end.detail);
      case 'closed':
        return this.#fail(new PortholeError('source_ended').toJSON(), 'the capture closed');
      default:
        return end satisfies never;
    }
  }

  #fail(problem: Problem, detail: string): void {
    if (this.#isOver) return;
    void this.stop();
    this.#options.events.failed(problem, detail);
  }
}

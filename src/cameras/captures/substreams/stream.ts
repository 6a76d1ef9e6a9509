import { monotonicNow } from '../../../domain/clock.ts';
import { sourceKinds } from '../../../domain/cameras/source-kinds.ts';
import type { Problem } from '../../../domain/errors.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { VideoFormat, WantedRendition } from '../../../domain/media/media.ts';
import { Backoff, type BackoffOptions } from '../../lifecycle/backoff.ts';
import { CaptureAttempt } from '../../lifecycle/capture-attempt.ts';
import type { Captures, CaptureStats } from '../capture.ts';
import type { KnownStream } from './known-streams.ts';

/** A stream that nobody needs closes after this time, in milliseconds: sizes of windows change back and forth. */
const linger = 3_000;
/** A stream that ran this long resets the backoff, in milliseconds. */
const resetsBackoffAfter = 10_000;

/** Events of a {@link Stream}. */
export interface StreamEvents {
  /** It is live, has failed, is due after a failure, or its video has changed. */
  changed(): void;
  /** A frame of a wanted Rendition. */
  frame(rendition: number, frame: Frame): void;
  stats(stats: CaptureStats): void;
  /** It has failed, and {@link changed} follows when it may be opened again. `detail` is for the log. */
  failed(problem: Problem, detail: string): void;
}

/** Options of {@link Stream}. */
export interface StreamOptions {
  readonly known: KnownStream;
  readonly captures: Captures;
  /** The waits after failures. */
  readonly backoff: BackoffOptions;
  readonly events: StreamEvents;
}

/** One stream of a camera that has two, open while somebody needs it. */
export class Stream {
  readonly #options: StreamOptions;
  readonly #backoff: Backoff;
  #attempt: CaptureAttempt | null = null;
  #isLive = false;
  /** When the current attempt began, on the monotonic clock; null while closed. */
  #openedAt: number | null = null;
  #released: Promise<void> = Promise.resolve();
  #wanted: readonly WantedRendition[] = [];
  /** The ids that its Capture knows: they differ from those of the camera, because they stand for other widths. */
  readonly #inner = new Map<string, number>();
  readonly #outer = new Map<number, number>();
  #lingerTimer: NodeJS.Timeout | undefined;
  #dueTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
    this.#waitUntilDue();
  }

  /** Its video while it is live; else null. */
  get video(): VideoFormat | null {
    return this.#isLive ? this.#options.known.video : null;
  }

  /** True from its opening to its end. */
  get isOpen(): boolean {
    return this.#attempt !== null;
  }

  /** How long it has been opening without a frame, in milliseconds; 0 if it is not opening. */
  get opensFor(): number {
    return this.#openedAt === null || this.#isLive ? 0 : monotonicNow() - this.#openedAt;
  }

  /** True while it may not be opened, after a failure. */
  get isBarred(): boolean {
    return monotonicNow() < this.#options.known.dueAt;
  }

  /**
   * Sets the Renditions that it delivers. It opens for the first, and closes some time after the last.
   *
   * @param isNeeded true to have it open without Renditions as well
   */
  want(renditions: readonly WantedRendition[], isNeeded: boolean): void {
    const wanted = renditions.map((rendition) => ({ ...rendition, id: this.#innerId(rendition) }));
    const isSame = JSON.stringify(wanted) === JSON.stringify(this.#wanted);
    this.#wanted = wanted;
    if (wanted.length > 0 || isNeeded) {
      clearTimeout(this.#lingerTimer);
      this.#lingerTimer = undefined;
      if (this.#attempt === null) this.#open();
      else if (!isSame) this.#attempt.want();
      return;
    }
    if (this.#attempt === null) return;
    if (!isSame) this.#attempt.want();
    this.#lingerTimer ??= setTimeout(() => void this.#stop(), linger);
  }

  /** Asks for a keyframe of a Rendition. */
  requestKeyframe(rendition: number): void {
    for (const { id } of this.#wanted) if (this.#outer.get(id) === rendition) this.#attempt?.requestKeyframe(id);
  }

  /** Ends it for good. Resolves once it is released. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#dueTimer);
    await this.#stop();
  }

  #open(): void {
    if (this.#closed || this.isBarred) return;
    const { known, captures, events } = this.#options;
    this.#openedAt = monotonicNow();
    this.#attempt = CaptureAttempt.start({
      resolve: known.resolve,
      after: this.#released,
      captures,
      wanted: () => this.#wanted,
      limits: sourceKinds.rtsp.limits,
      events: {
        waiting: () => undefined,
        live: (video) => {
          this.#isLive = true;
          known.problem = null;
          known.video = video;
          events.changed();
        },
        changed: (video) => {
          known.video = video;
          events.changed();
        },
        frame: (id, frame) => {
          const rendition = this.#outer.get(id);
          if (rendition !== undefined) events.frame(rendition, frame);
        },
        stats: (stats) => events.stats(stats),
        failed: (problem, detail) => this.#failed(problem, detail),
      },
      log: known.log,
    });
  }

  #failed(problem: Problem, detail: string): void {
    const { known, events } = this.#options;
    if ((this.#attempt?.ranFor ?? 0) > resetsBackoffAfter) this.#backoff.reset();
    void this.#stop();
    known.problem = problem;
    known.dueAt = monotonicNow() + this.#backoff.next();
    this.#waitUntilDue();
    events.failed(problem, detail);
  }

  #waitUntilDue(): void {
    clearTimeout(this.#dueTimer);
    const wait = this.#options.known.dueAt - monotonicNow();
    if (wait > 0 && !this.#closed)
      this.#dueTimer = setTimeout(() => this.#options.events.changed(), Math.ceil(wait) + 1);
  }

  #stop(): Promise<void> {
    clearTimeout(this.#lingerTimer);
    this.#lingerTimer = undefined;
    const attempt = this.#attempt;
    const wasLive = this.#isLive;
    this.#attempt = null;
    this.#openedAt = null;
    this.#isLive = false;
    if (attempt !== null) {
      this.#released = Promise.all([this.#released, attempt.stop()]).then(() => undefined);
      this.#inner.clear();
      this.#outer.clear();
      if (wasLive && !this.#closed) queueMicrotask(() => this.#options.events.changed());
    }
    return this.#released;
  }

  #innerId({ id, codec, width }: WantedRendition): number {
    const key = `${id} ${codec} ${width}`;
    const inner = this.#inner.get(key) ?? this.#inner.size + 1;
    this.#inner.set(key, inner);
    this.#outer.set(inner, id);
    return inner;
  }
}

import type { LimitFunction } from 'p-limit';
import { isAudio } from '../../domain/media/audio.ts';
import type { CameraState } from '../../domain/cameras/camera.ts';
import { monotonicNow } from '../../domain/clock.ts';
import type { WantedRendition } from '../../domain/media/media.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { renditionFor, widestStep, type Rendition } from '../../domain/media/rendition.ts';
import { isUntouched } from '../../domain/media/substream.ts';
import type { Broadcast } from '../../fanout/broadcast.ts';
import type { LoadShedder } from '../../fanout/load-shedder.ts';
import type { Delivery, Viewer } from '../../fanout/viewer.ts';
import { slowedSizes } from '../../text/encoding.ts';
import { CameraLifecycle, type LifecycleOptions } from '../lifecycle/camera-lifecycle.ts';
import { CameraBroadcasts } from './camera-broadcasts.ts';
import type { EncodeBudget } from './encode-budget.ts';
import { Entitlements } from './entitlements.ts';
import { PlaceholderFrames } from './placeholder-frames.ts';
import { Poster } from './poster.ts';

/** How often viewers check their connections, and how long they see nothing before a placeholder, in milliseconds. */
const tickInterval = 1_000;
/** The width of a poster that is encoded for its own sake, in pixels. */
const posterWidth = 960;
/** People notice when only each n-th frame comes. */
const noticeable = 8;

/** Options of {@link CameraMedia}. */
export interface CameraMediaOptions extends Omit<LifecycleOptions, 'wanted' | 'events'> {
  /** The name of the camera, for notices. */
  readonly name: () => string;
  /** Numbers a Broadcast; never the same twice in one server. */
  readonly nextBroadcastId: () => number;
  /** Shared by all cameras: they share the machine. */
  readonly loadShedder: LoadShedder;
  /** Shared by all cameras, for the same reason. */
  readonly encodeBudget: EncodeBudget;
  /** The same: how many posters are captured at once. */
  readonly posterTurns: LimitFunction;
  /** The state has changed. */
  readonly onState: (state: CameraState) => void;
}

/**
 * Distributes the frames of a camera's Captures to its viewers, who notice only a pause when one Capture ends and another
 * one starts.
 */
export class CameraMedia {
  readonly lifecycle: CameraLifecycle;
  readonly broadcasts: CameraBroadcasts;
  readonly #name: () => string;
  readonly #onState: (state: CameraState) => void;
  readonly #poster: Poster;
  readonly #budget: EncodeBudget;
  readonly #entitlements = new Entitlements();
  /** The demand that the Capture was last told, as text. */
  #told = '';
  #isSlowed = false;
  readonly #placeholders = new PlaceholderFrames();
  #ticker: NodeJS.Timeout | undefined;
  #placeholderTimer: NodeJS.Timeout | undefined;
  /** When the source last delivered a frame, on the monotonic clock. */
  #lastFrameAt = -Infinity;

  constructor(options: CameraMediaOptions) {
    const { name, nextBroadcastId, loadShedder, encodeBudget, posterTurns, onState, ...lifecycle } = options;
    this.#name = name;
    this.#onState = onState;
    this.#budget = encodeBudget;
    this.broadcasts = new CameraBroadcasts({
      nextId: nextBroadcastId,
      loadShedder,
      requestKeyframe: (id, rendition) => this.#requestKeyframe(id, rendition),
    });
    this.lifecycle = new CameraLifecycle({
      ...lifecycle,
      wanted: () => this.#wanted(),
      events: {
        state: (state) => this.#stateChanged(state),
        frame: (id, frame) => this.#publish(id, frame),
        captured: () => (this.#lastFrameAt = monotonicNow()),
        stats: (stats) => {
          this.#budget.report(stats, monotonicNow());
          this.#want();
        },
        stopped: () => this.broadcasts.forget(),
      },
    });
    this.#poster = new Poster({
      canCapture: () =>
        this.lifecycle.state.kind === 'live' &&
        this.lifecycle.isWanted &&
        this.broadcasts.watchedAs('jpeg').length === 0,
      demand: () => this.lifecycle.demand(),
      turns: posterTurns,
      subscribe: (viewer) => {
        const { substream, width = null } = this.lifecycle.video ?? {};
        // The main stream does not open for it: its own width would be a Rendition of that.
        const rendition =
          substream === undefined
            ? renditionFor(posterWidth, width)
            : renditionFor(Math.min(posterWidth, widestStep(substream.width)), null);
        return this.subscribe(rendition, viewer);
      },
    });
  }

  /** The camera's state. It has a warning while extra Renditions are encoded so rarely that people notice. */
  get state(): CameraState {
    const { state } = this.lifecycle;
    return state.kind === 'live' && state.warning === undefined && this.#isSlowed
      ? { ...state, warning: slowedSizes }
      : state;
  }

  /** The last JPEG; null before the first one and after switching off. */
  get poster(): Frame | null {
    return this.#poster.frame;
  }

  /**
   * Adds a viewer of a Rendition and wants the camera open for it.
   *
   * @returns a function that ends both. Calling it again does nothing.
   */
  subscribe(rendition: Rendition, viewer: Viewer, delivery?: Delivery): () => void {
    const broadcast = this.broadcasts.of(rendition);
    const { owner = '' } = viewer;
    broadcast.subscribe(viewer, delivery);
    this.#entitlements.add(owner, broadcast);
    this.#want();
    this.#ticker ??= setInterval(() => this.#tick(), tickInterval);
    const release = this.lifecycle.demand();
    return () => {
      if (broadcast.unsubscribe(viewer)) {
        this.#entitlements.remove(owner, broadcast);
        if (broadcast.viewerCount === 0) this.#unwatched(broadcast);
        else this.#want();
      }
      release();
    };
  }

  /** Ends every viewer and the Capture for good. Resolves once the device is free. Idempotent. */
  async close(): Promise<void> {
    this.broadcasts.end();
    this.#stopTimers();
    await this.lifecycle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #unwatched(broadcast: Broadcast): void {
    this.broadcasts.forget(broadcast);
    // Viewers of H.264 have seen newer frames than the last JPEG.
    if (broadcast.rendition.codec === 'h264') this.#poster.refresh();
    this.#want();
    if (!this.broadcasts.isWatched) this.#stopTimers();
  }

  /** The Renditions that have viewers, each with how often it is encoded. */
  #wanted(): readonly WantedRendition[] {
    const { every } = this.#budget;
    const entitled = every === 1 ? null : this.#entitlements.broadcasts((broadcast) => this.#isEncoded(broadcast));
    const wanted = this.broadcasts.watched.map((broadcast) => {
      const { id, rendition } = broadcast;
      const isExtra = entitled !== null && !entitled.has(broadcast) && this.#isEncoded(broadcast);
      return { id, ...rendition, ...(isExtra && { every }) };
    });
    this.#told = JSON.stringify(wanted);
    return wanted;
  }

  /** Tells the Capture the demand, if it has changed. */
  #want(): void {
    const before = this.#told;
    const wanted = this.#wanted();
    if (this.#told === before) return;
    this.lifecycle.want();
    const wasSlowed = this.#isSlowed;
    this.#isSlowed = wanted.some(({ every = 1 }) => every >= noticeable);
    if (this.#isSlowed !== wasSlowed) this.#onState(this.state);
  }

  #isEncoded({ rendition }: Broadcast): boolean {
    const { video } = this.lifecycle;
    if (isAudio(rendition.codec)) return false;
    return video === null || !isUntouched(rendition, video);
  }

  #stateChanged(state: CameraState): void {
    if (state.kind === 'off') this.#poster.clear();
    if (state.kind === 'live') this.#placeholders.clear();
    if (state.kind === 'reconnecting') this.#offerPlaceholdersSoon();
    this.#onState(state);
  }

  #publish(id: number, frame: Frame): void {
    // Audio does not count: viewers see nothing of it.
    if (frame.width > 0) this.#lastFrameAt = monotonicNow();
    const { broadcast, skipped } = this.broadcasts.publish(id, frame);
    if (broadcast?.rendition.codec === 'jpeg') this.#poster.keep(frame);
    this.lifecycle.statistics.dropped.overload += skipped;
  }

  #tick(): void {
    const now = monotonicNow();
    this.broadcasts.tick(now);
    if (now - this.#lastFrameAt >= tickInterval) this.#offerPlaceholders();
  }

  /** Offers placeholders once viewers have seen nothing for a moment, which may be before the next tick. */
  #offerPlaceholdersSoon(): void {
    if (this.#ticker === undefined) return;
    clearTimeout(this.#placeholderTimer);
    const quiet = monotonicNow() - this.#lastFrameAt;
    this.#placeholderTimer = setTimeout(
      () => {
        if (this.lifecycle.state.kind !== 'live') this.#offerPlaceholders();
      },
      Math.max(0, tickInterval - quiet),
    );
  }

  #offerPlaceholders(): void {
    const { state, video } = this.lifecycle;
    // Placeholders are JPEGs; those who watch H.264 learn the state by other means.
    for (const broadcast of this.broadcasts.watchedAs('jpeg')) {
      this.#placeholders.offer(broadcast, this.#name(), state, video);
    }
  }

  #stopTimers(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    clearTimeout(this.#placeholderTimer);
  }

  /** @returns false for the source's own frames: the source makes keyframes when it likes */
  #requestKeyframe(id: number, rendition: Rendition): boolean {
    const { state, video } = this.lifecycle;
    if (state.kind !== 'live' || video === null) return true; // The first frame will be one.
    if (isUntouched(rendition, video)) return false;
    this.lifecycle.requestKeyframe(id);
    return true;
  }
}

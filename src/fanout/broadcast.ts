import { isAudio } from '../domain/media/audio.ts';
import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/media/frame.ts';
import { Gop } from '../domain/media/gop.ts';
import type { Rendition } from '../domain/media/rendition.ts';
import { EveryViewers } from './every-viewers.ts';
import type { Delivery, Viewer } from './viewer.ts';

/** Steps of this fraction of a circle cover it most evenly. */
const goldenRatio = 0.618;
/** A viewer that comes this soon after a keyframe begins with that one, in milliseconds. */
const young = 300;
/**
 * A viewer doesn't wait for a keyframe if the last frame is older than this, in milliseconds: the next may be far off.
 */
const fresh = 200;
/** Nor if frames are further apart than this, in milliseconds: that is fewer than four a second. */
const slow = 250;
/** A keyframe that was asked for and has not come after this time is asked for again, in milliseconds. */
const askAgain = 1_000;

/**
 * The fan-out of one Rendition: offers each frame to every Viewer at once, and never waits for one.
 *
 * If frames build on each other, a viewer begins with a keyframe. It gets the GOP so far if the keyframe is recent, if
 * the next frame may be far off, or if the Capture makes no keyframes on demand. Otherwise the Broadcast asks for a
 * keyframe, and the viewer waits for it.
 */
export class Broadcast {
  readonly rendition: Rendition;
  /** The number of the Rendition in messages to Captures and WebSocket clients; never used twice in one server. */
  readonly id: number;
  /** The viewers that get the newest frames. */
  readonly #viewers = new Set<Viewer>();
  /** The same as an array; null after a viewer has come or gone. */
  #inOrder: readonly Viewer[] | null = null;
  /** Which viewer gets the next frame first, as a fraction of all. */
  #first = 0;
  readonly #every: EveryViewers;
  #latest: Frame | null = null;
  /** The time between the last two frames, in milliseconds; 0 while that is unknown. */
  #interval = 0;
  readonly #askForKeyframe: () => boolean;
  /** The frames since the last keyframe; null if frames don't build on each other. */
  readonly #gop: Gop | null;
  /** The viewers that wait for their first keyframe. */
  readonly #waiting = new Set<Viewer>();
  /** When a keyframe was asked for that has not come yet, on the monotonic clock in milliseconds. */
  #askedAt = -Infinity;
  /** Counts since the start, for metrics. */
  frames = 0;
  bytes = 0;
  /** How many viewers got a first frame since the last one was published. */
  newcomers = 0;

  /**
   * @param askForKeyframe asks the Capture for a keyframe; false if it does not make them on demand
   */
  constructor(id: number, rendition: Rendition, askForKeyframe: () => boolean = () => false) {
    this.id = id;
    this.rendition = rendition;
    this.#askForKeyframe = askForKeyframe;
    this.#gop = rendition.codec === 'h264' ? new Gop() : null;
    this.#every = new EveryViewers(rendition.codec);
  }

  /** How many viewers there are. */
  get viewerCount(): number {
    return this.#viewers.size + this.#every.size;
  }

  /** How many people watch: several may share one viewer. For metrics. */
  get audience(): number {
    let sum = 0;
    for (const { audience = 1 } of this.#all()) sum += audience;
    return sum;
  }

  /** The newest frame of the running Capture; null before its first. */
  get latest(): Frame | null {
    return this.#latest;
  }

  /** Adds a viewer and gives it the newest frame at once, if it can begin with that. */
  subscribe(viewer: Viewer, delivery: Delivery = 'newest'): void {
    if (delivery === 'every') {
      const { gop } = this.#every;
      this.#every.add(viewer, this.rendition.codec !== 'h264' || this.#canBeginWith(gop));
      return;
    }
    this.#viewers.add(viewer);
    this.#inOrder = null;
    if (this.#gop !== null) this.#begin(viewer, this.#gop.frames);
    // Audio that has passed is of no interest.
    else if (this.#latest !== null && !isAudio(this.rendition.codec)) {
      this.newcomers += 1;
      viewer.offer(this.#latest);
    }
  }

  /**
   * A viewer has lost a frame that others build on: asks for a keyframe, unless one has been asked for.
   *
   * @returns false if none will come
   */
  requestKeyframe(): boolean {
    const now = monotonicNow();
    if (now - this.#askedAt < askAgain) return true;
    if (!this.#askForKeyframe()) return false;
    this.#askedAt = now;
    return true;
  }

  #begin(viewer: Viewer, gop: readonly Frame[]): void {
    if (!this.#canBeginWith(gop)) {
      this.#waiting.add(viewer);
      return;
    }
    this.newcomers += 1;
    if (viewer.offerGop !== undefined) viewer.offerGop(gop);
    else for (const frame of gop) viewer.offer(frame);
  }

  /** False if a viewer should wait for the next keyframe, which has then been asked for, or if there is no GOP. */
  #canBeginWith(gop: readonly Frame[]): boolean {
    const [keyframe, newest] = [gop[0], gop.at(-1)];
    const now = monotonicNow();
    const isYoung = keyframe !== undefined && now - keyframe.capturedAt < young;
    const mayBeFar = newest !== undefined && (this.#interval > slow || now - newest.capturedAt > fresh);
    const mayWait = !isYoung && !mayBeFar && this.requestKeyframe();
    return keyframe !== undefined && !mayWait;
  }

  /** Removes a viewer. @returns false if it was not there. */
  unsubscribe(viewer: Viewer): boolean {
    this.#inOrder = null;
    this.#waiting.delete(viewer);
    return this.#viewers.delete(viewer) || this.#every.remove(viewer);
  }

  /** Offers a new frame to every viewer. */
  publish(frame: Frame): void {
    this.publishToEvery(frame);
    this.publishToNewest(frame);
  }

  /**
   * Offers a new frame to the viewers with the delivery `every`. Call it for each frame at once, before {@link
   * publishToNewest}.
   */
  publishToEvery(frame: Frame): void {
    if (frame.keyframe) this.#askedAt = -Infinity;
    this.#every.publish(frame);
  }

  /** Offers a new frame to the viewers with the delivery `newest`. Under overload, it isn't called for every frame. */
  publishToNewest(frame: Frame): void {
    this.#interval = this.#latest === null ? 0 : frame.capturedAt - this.#latest.capturedAt;
    this.#latest = frame;
    this.newcomers = 0;
    this.frames += 1;
    this.bytes += frame.bytes.length;
    this.#gop?.add(frame);
    if (frame.keyframe) this.#waiting.clear();
    const viewers = (this.#inOrder ??= [...this.#viewers]);
    // Each frame begins with another viewer, so that none always waits for all others.
    this.#first = (this.#first + goldenRatio) % 1;
    const first = Math.floor(this.#first * viewers.length);
    for (let at = first; at < viewers.length; at += 1) this.#offer(viewers[at] as Viewer, frame);
    for (let at = 0; at < first; at += 1) this.#offer(viewers[at] as Viewer, frame);
  }

  #offer(viewer: Viewer, frame: Frame): void {
    if (this.#waiting.size === 0 || !this.#waiting.has(viewer)) viewer.offer(frame);
  }

  /** Offers a placeholder frame to every viewer, while the camera delivers nothing. */
  publishPlaceholder(frame: Frame): void {
    for (const viewer of this.#viewers) viewer.offerPlaceholder?.(frame);
  }

  /** Has every viewer check its connection. */
  tick(now: number): void {
    for (const viewer of this.#all()) viewer.tick?.(now);
  }

  /** Ends every viewer: no frame will ever come again. */
  end(): void {
    for (const viewer of this.#all()) viewer.end?.();
  }

  /**
   * Forgets the newest frame, whose Capture has ended. If frames build on each other, all viewers continue with the
   * next Capture's first keyframe.
   */
  forget(): void {
    this.#latest = null;
    this.#askedAt = -Infinity;
    this.#every.forget();
    if (this.#gop === null) return;
    this.#gop.clear();
    for (const viewer of this.#viewers) this.#waiting.add(viewer);
  }

  #all(): readonly Viewer[] {
    return [...this.#viewers, ...this.#every];
  }
}

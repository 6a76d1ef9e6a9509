import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import { Gop } from '../domain/gop.ts';
import type { Rendition } from '../domain/rendition.ts';
import { isAudio } from '../domain/audio.ts';
import type { Viewer } from './viewer.ts';

/** Steps of this share of a circle come by all of it most evenly. */
const goldenRatio = 0.618;
/** A viewer that comes so soon after a keyframe begins with that one, in milliseconds. */
const young = 300;
/** A viewer is not left to wait for a frame if the last one is older than this, in milliseconds: the next may be far. */
const fresh = 200;
/** Nor where the frames are further apart than this, in milliseconds: that is fewer than four a second. */
const slow = 250;
/** A keyframe that was asked for and has not come after this time is asked for again, in milliseconds. */
const askAgain = 1_000;

/**
 * The fan-out of one Rendition: each frame goes to every Viewer as it comes; a slow one is never waited for.
 *
 * Where frames build on each other a viewer begins with a keyframe: the last one, with all that has followed it, if that
 * is little, if the next frame may be far, or if none can be had before its time; else one that is asked for.
 */
export class Broadcast {
  readonly rendition: Rendition;
  /** Names the Rendition towards the capture process and WebSocket clients; never used twice in one server. */
  readonly id: number;
  readonly #viewers = new Set<Viewer>();
  /** The same as an array, for {@link publish}; null after a viewer has come or gone. */
  #inOrder: readonly Viewer[] | null = null;
  /** Which viewer gets the next frame first, as a fraction of all. */
  #first = 0;
  #latest: Frame | null = null;
  /** The time between the last two frames, in milliseconds; 0 while that is unknown. */
  #interval = 0;
  readonly #askForKeyframe: () => boolean;
  /** Of a Rendition whose frames build on each other: those since the last keyframe. */
  readonly #group: Gop | null;
  /** The viewers that wait for their first keyframe. */
  readonly #waiting = new Set<Viewer>();
  /** When a keyframe was asked for that has not come yet, on the monotonic clock in milliseconds. */
  #askedAt = -Infinity;
  /** Counts since the start, for metrics. */
  frames = 0;
  bytes = 0;
  /** How many viewers were given a first frame since the last one was published. */
  newcomers = 0;

  /**
   * @param askForKeyframe asks the Capture for a keyframe; false if it does not make them on demand
   */
  constructor(id: number, rendition: Rendition, askForKeyframe: () => boolean = () => false) {
    this.id = id;
    this.rendition = rendition;
    this.#askForKeyframe = askForKeyframe;
    this.#group = rendition.codec === 'h264' ? new Gop() : null;
  }

  /** How many viewers there are. */
  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** How many watch: viewers, and all who share one. For metrics. */
  get audience(): number {
    let sum = 0;
    for (const { audience = 1 } of this.#viewers) sum += audience;
    return sum;
  }

  /** The newest frame of the running Capture; null before its first. */
  get latest(): Frame | null {
    return this.#latest;
  }

  /** Adds a viewer and gives it the newest frame at once, if there is one that it can begin with. */
  add(viewer: Viewer): void {
    this.#viewers.add(viewer);
    this.#inOrder = null;
    if (this.#group !== null) this.#begin(viewer, this.#group.frames);
    // Sound that has passed is of no interest.
    else if (this.#latest !== null && !isAudio(this.rendition.codec)) {
      this.newcomers += 1;
      viewer.offer(this.#latest);
    }
  }

  /** A viewer has lost a frame that others build on: asks for a keyframe, unless one is on its way. */
  requestKeyframe(): boolean {
    const now = monotonicNow();
    if (now - this.#askedAt < askAgain) return true;
    if (!this.#askForKeyframe()) return false;
    this.#askedAt = now;
    return true;
  }

  #begin(viewer: Viewer, group: readonly Frame[]): void {
    const [keyframe, newest] = [group[0], group.at(-1)];
    const now = monotonicNow();
    const isYoung = keyframe !== undefined && now - keyframe.capturedAt < young;
    const mayBeFar = newest !== undefined && (this.#interval > slow || now - newest.capturedAt > fresh);
    const mayWait = !isYoung && !mayBeFar && this.requestKeyframe();
    if (keyframe === undefined || mayWait) {
      this.#waiting.add(viewer);
      return;
    }
    this.newcomers += 1;
    if (viewer.offerGop !== undefined) viewer.offerGop(group);
    else for (const frame of group) viewer.offer(frame);
  }

  /** Removes a viewer. @returns false if it was not there. */
  remove(viewer: Viewer): boolean {
    this.#inOrder = null;
    this.#waiting.delete(viewer);
    return this.#viewers.delete(viewer);
  }

  /** Hands a new frame to every viewer. */
  publish(frame: Frame): void {
    this.#interval = this.#latest === null ? 0 : frame.capturedAt - this.#latest.capturedAt;
    this.#latest = frame;
    this.newcomers = 0;
    this.frames += 1;
    this.bytes += frame.bytes.length;
    this.#group?.add(frame);
    if (frame.keyframe) {
      this.#askedAt = -Infinity;
      this.#waiting.clear();
    }
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

  /** Hands every viewer something to show while no new frame comes. */
  publishPlaceholder(frame: Frame): void {
    for (const viewer of this.#viewers) viewer.offerPlaceholder?.(frame);
  }

  /** Lets every viewer look at its connection. */
  tick(now: number): void {
    for (const viewer of this.#viewers) viewer.tick?.(now);
  }

  /** Tells every viewer that there will never be a frame again. */
  end(): void {
    for (const viewer of [...this.#viewers]) viewer.end?.();
  }

  /**
   * Forgets the newest frame: its Capture has ended, so it is no present picture any more. Where frames build on each
   * other everybody goes on with the next Capture's first keyframe.
   */
  forget(): void {
    this.#latest = null;
    this.#askedAt = -Infinity;
    if (this.#group === null) return;
    this.#group.clear();
    for (const viewer of this.#viewers) this.#waiting.add(viewer);
  }
}

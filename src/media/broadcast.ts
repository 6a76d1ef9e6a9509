import type { Frame } from '../domain/frame.ts';
import type { Rendition } from '../domain/rendition.ts';
import type { Viewer } from './viewer.ts';

/** Steps of this share of a circle come by all of it most evenly. */
const goldenRatio = 0.618;

/** The fan-out of one Rendition: each frame goes to every Viewer as it comes; a slow one is never waited for. */
export class Broadcast {
  readonly rendition: Rendition;
  /** Names the Rendition towards the capture process and WebSocket clients; never used twice in one server. */
  readonly id: number;
  readonly #viewers = new Set<Viewer>();
  /** The viewers in a row, made anew when one has come or gone: what a frame's way goes by. */
  #row: readonly Viewer[] | null = null;
  /** Who is given a frame first, as a place in the row. */
  #first = 0;
  #latest: Frame | null = null;
  /** Counts since the start, for metrics. */
  frames = 0;
  bytes = 0;

  constructor(id: number, rendition: Rendition) {
    this.id = id;
    this.rendition = rendition;
  }

  /** How many viewers there are. */
  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** The newest frame of the running Capture; null before its first. */
  get latest(): Frame | null {
    return this.#latest;
  }

  /** Adds a viewer and gives it the newest frame at once, if there is one. */
  add(viewer: Viewer): void {
    this.#viewers.add(viewer);
    this.#row = null;
    if (this.#latest !== null) viewer.offer(this.#latest);
  }

  /** Removes a viewer. @returns false if it was not there. */
  remove(viewer: Viewer): boolean {
    this.#row = null;
    return this.#viewers.delete(viewer);
  }

  /** Hands a new frame to every viewer. */
  publish(frame: Frame): void {
    this.#latest = frame;
    this.frames += 1;
    this.bytes += frame.bytes.length;
    const row = (this.#row ??= [...this.#viewers]);
    // Each round begins with another viewer, so that the wait for those before is the same for all in the end.
    this.#first = Math.floor(this.#first + row.length * goldenRatio) % Math.max(1, row.length);
    for (let at = this.#first; at < row.length; at += 1) (row[at] as Viewer).offer(frame);
    for (let at = 0; at < this.#first; at += 1) (row[at] as Viewer).offer(frame);
  }

  /** Hands every viewer something to show while no new frame comes. */
  publishStandIn(frame: Frame): void {
    for (const viewer of this.#viewers) viewer.offerStandIn?.(frame);
  }

  /** Lets every viewer look at its connection. */
  tick(now: number): void {
    for (const viewer of this.#viewers) viewer.tick?.(now);
  }

  /** Tells every viewer that there will never be a frame again. */
  end(): void {
    for (const viewer of [...this.#viewers]) viewer.end?.();
  }

  /** Forgets the newest frame: its Capture has ended, so it is no present picture any more. */
  forget(): void {
    this.#latest = null;
  }
}

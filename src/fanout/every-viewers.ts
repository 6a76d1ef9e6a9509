import { isAudio } from '../domain/media/audio.ts';
import type { Frame } from '../domain/media/frame.ts';
import { Gop } from '../domain/media/gop.ts';
import type { Codec } from '../domain/media/rendition.ts';
import type { Viewer } from './viewer.ts';

/** The viewers of a Broadcast that get every frame. */
export class EveryViewers {
  readonly #viewers = new Set<Viewer>();
  /** Those that wait for a keyframe. */
  readonly #waiting = new Set<Viewer>();
  /** The frames that a new viewer begins with; null for audio, where it begins with any frame. */
  readonly #gop: Gop | null;
  /** The sequence number of the last frame; null before the first of a Capture. */
  #sequence: number | null = null;

  constructor(codec: Codec) {
    this.#gop = isAudio(codec) ? null : new Gop();
  }

  get size(): number {
    return this.#viewers.size;
  }

  [Symbol.iterator](): Iterator<Viewer> {
    return this.#viewers[Symbol.iterator]();
  }

  /** The frames since the last keyframe. */
  get gop(): readonly Frame[] {
    return this.#gop?.frames ?? [];
  }

  /** @param atOnce true to begin with {@link gop}, false to wait for the next keyframe */
  add(viewer: Viewer, atOnce: boolean): void {
    this.#viewers.add(viewer);
    if (this.#gop === null) return;
    if (atOnce) for (const frame of this.gop) viewer.offer(frame);
    else this.#waiting.add(viewer);
  }

  /** @returns false if it was not there. */
  remove(viewer: Viewer): boolean {
    this.#waiting.delete(viewer);
    return this.#viewers.delete(viewer);
  }

  publish(frame: Frame): void {
    const last = this.#sequence ?? frame.sequence - 1;
    const lost = frame.sequence > last ? frame.sequence - last - 1 : null;
    this.#sequence = frame.sequence;
    this.#gop?.add(frame);
    for (const viewer of [...this.#viewers]) {
      if (!this.#waiting.has(viewer)) {
        if (lost !== 0) viewer.gap?.(lost);
        viewer.offer(frame);
      } else if (frame.keyframe) {
        this.#waiting.delete(viewer);
        viewer.offer(frame);
      }
    }
  }

  /** The Capture has ended: frames go on with the next Capture's first keyframe. */
  forget(): void {
    const hadFrames = this.#sequence !== null;
    this.#sequence = null;
    this.#gop?.clear();
    for (const viewer of [...this.#viewers]) {
      if (hadFrames && !this.#waiting.has(viewer)) viewer.gap?.(null);
      if (this.#gop !== null) this.#waiting.add(viewer);
    }
  }
}

import type { Frame } from '../domain/media/frame.ts';

/** Options of {@link PerFrame}. */
export interface PerFrameOptions {
  /**
   * `all` (default): keeps the value of each frame as long as the frame itself, for outputs that send earlier frames
   * again. `last`: keeps only the value of the last frame. That costs less, and suffices if all viewers get a frame
   * before the next one arrives.
   */
  readonly keep?: 'last' | 'all';
}

/** Makes a value of each frame once for all viewers, such as its bytes in an output's format. */
export class PerFrame<T> {
  readonly #make: (frame: Frame) => T;
  readonly #earlier: WeakMap<Frame, { readonly value: T }> | null;
  #frame: Frame | null = null;
  #last: { readonly value: T } | null = null;

  constructor(make: (frame: Frame) => T, { keep = 'all' }: PerFrameOptions = {}) {
    this.#make = make;
    this.#earlier = keep === 'all' ? new WeakMap() : null;
  }

  /** The value of this frame. */
  of(frame: Frame): T {
    if (frame === this.#frame && this.#last !== null) return this.#last.value;
    let made = this.#earlier?.get(frame);
    if (made === undefined) {
      made = { value: this.#make(frame) };
      this.#earlier?.set(frame, made);
    }
    this.#frame = frame;
    this.#last = made;
    return made.value;
  }
}

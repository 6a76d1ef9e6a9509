import type { Frame } from '../domain/media/frame.ts';

/** What a {@link PerFrame} keeps. */
export interface PerFrameOptions {
  /**
   * `all` (default): what was made of each frame, as long as the frame is kept, where earlier frames are asked for again.
   * `last`: only of the last frame, which costs less where all viewers get a frame before the next one comes. Either way
   * the last frame is kept until the next one.
   */
  readonly keep?: 'last' | 'all';
}

/** What is made of a frame once for all its viewers, such as its bytes for one output. */
export class PerFrame<T> {
  readonly #make: (frame: Frame) => T;
  readonly #earlier: WeakMap<Frame, { readonly value: T }> | null;
  #frame: Frame | null = null;
  #last: { readonly value: T } | null = null;

  constructor(make: (frame: Frame) => T, { keep = 'all' }: PerFrameOptions = {}) {
    this.#make = make;
    this.#earlier = keep === 'all' ? new WeakMap() : null;
  }

  /** What is made of this frame. */
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

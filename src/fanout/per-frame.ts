import type { Frame } from '../domain/frame.ts';

/**
 * What is made of a frame for all its viewers, such as its bytes for one output: made once for each frame, and kept as
 * long as the frame.
 */
export class PerFrame<T> {
  readonly #make: (frame: Frame) => T;
  readonly #made = new WeakMap<Frame, { readonly value: T }>();

  constructor(make: (frame: Frame) => T) {
    this.#make = make;
  }

  /** What is made of this frame. */
  of(frame: Frame): T {
    let made = this.#made.get(frame);
    if (made === undefined) {
      made = { value: this.#make(frame) };
      this.#made.set(frame, made);
    }
    return made.value;
  }
}

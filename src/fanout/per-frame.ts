import type { Frame } from '../domain/frame.ts';

/**
 * What is made of a frame for all its viewers, such as its bytes for one output: made once for each frame, and kept as
 * long as the frame.
 */
export class PerFrame<T> {
  readonly #make: (frame: Frame) => T;
  readonly #made = new WeakMap<Frame, { readonly value: T }>();
  /** A frame goes to most of its viewers in a row, so the last one is kept at hand. */
  #frame: Frame | null = null;
  #value: { readonly value: T } | null = null;

  constructor(make: (frame: Frame) => T) {
    this.#make = make;
  }

  /** What is made of this frame. */
  of(frame: Frame): T {
    let made = frame === this.#frame ? this.#value : (this.#made.get(frame) ?? null);
    if (made === null) {
      made = { value: this.#make(frame) };
      this.#made.set(frame, made);
    }
    this.#frame = frame;
    this.#value = made;
    return made.value;
  }
}

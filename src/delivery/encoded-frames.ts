import type { Frame } from '../domain/frame.ts';

/**
 * The bytes of frames on one wire, made once per frame. A frame is handed to all its viewers in a row, so the last one
 * is at hand without a look-up; slow viewers find earlier ones as long as somebody holds the frame.
 */
export class EncodedFrames {
  readonly #encode: (frame: Frame) => Buffer;
  readonly #made = new WeakMap<Frame, Buffer>();
  #frame: Frame | null = null;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(encode: (frame: Frame) => Buffer) {
    this.#encode = encode;
  }

  /** The frame's bytes. */
  of(frame: Frame): Buffer {
    if (frame === this.#frame) return this.#bytes;
    let bytes = this.#made.get(frame);
    if (bytes === undefined) {
      bytes = this.#encode(frame);
      this.#made.set(frame, bytes);
    }
    this.#frame = frame;
    this.#bytes = bytes;
    return bytes;
  }
}

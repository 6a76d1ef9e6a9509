import { FrameRoom, type Frame } from '../domain/frame.ts';

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
    const { room } = frame;
    let bytes = room?.madeBy(this) ?? this.#made.get(frame);
    if (bytes === undefined) {
      bytes = this.#encode(frame);
      // Most frames have one wire, and a look-up by the frame costs each of them.
      if (room?.keep(this, bytes) !== true) this.#made.set(frame, bytes);
    }
    this.#frame = frame;
    this.#bytes = bytes;
    return bytes;
  }
}

/**
 * Memory with the frame's bytes in it, and room for what a wire puts around them: the frame's own where it has room that
 * no other wire has taken, else a copy.
 *
 * @param head bytes before the picture
 * @param tail bytes behind it
 */
export function wrapped({ bytes, room }: Frame, head: number, tail: number): Buffer {
  if (head <= FrameRoom.before && tail <= FrameRoom.behind && room?.take() === true) {
    return Buffer.from(bytes.buffer, bytes.byteOffset - head, head + bytes.length + tail);
  }
  const copy = Buffer.allocUnsafeSlow(head + bytes.length + tail);
  bytes.copy(copy, head);
  return copy;
}

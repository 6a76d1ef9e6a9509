import type { Frame } from './frame.ts';

/** The maximum length of a GOP. With a longer one, viewers have to wait for the next keyframe. */
const mostFrames = 300;
/** The maximum size of a GOP, in bytes. */
const mostBytes = 8 * 1024 * 1024;

/** The frames of one H.264 stream since its last keyframe, which a decoder needs to decode the newest frame. */
export class Gop {
  #frames: Frame[] = [];
  #bytes = 0;

  /** The keyframe and all frames after it; empty before the first keyframe, and if the GOP was too large. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** Adds the next frame of the stream. A keyframe starts a new GOP. */
  add(frame: Frame): void {
    if (frame.keyframe) this.clear();
    else if (this.#frames.length === 0) return;
    this.#frames.push(frame);
    this.#bytes += frame.bytes.length;
    if (this.#frames.length > mostFrames || this.#bytes > mostBytes) this.clear();
  }

  /** Discards all frames. The next GOP starts with the next keyframe. */
  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }
}

import type { Frame } from './frame.ts';

/** No more than this is kept: a source whose keyframes are further apart is joined at its next one. */
const mostFrames = 300;
const mostBytes = 8 * 1024 * 1024;

/** The frames of one H.264 stream since its last keyframe: what a decoder needs to show its newest picture. */
export class Gop {
  #frames: Frame[] = [];
  #bytes = 0;

  /** The keyframe and all that follow it; empty before the first one, and when there were too many to keep. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** Takes the next frame of the stream. */
  add(frame: Frame): void {
    if (frame.keyframe) this.clear();
    else if (this.#frames.length === 0) return;
    this.#frames.push(frame);
    this.#bytes += frame.bytes.length;
    if (this.#frames.length > mostFrames || this.#bytes > mostBytes) this.clear();
  }

  /** Forgets all: what comes next does not build on it. */
  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }
}

import type { Frame } from 'node-av/lib';
import type { Encoded, Encoder } from './encoder.ts';

/**
 * An encoder has failed when it makes nothing for so long, in milliseconds of the capture's clock: viewers shall not wait
 * long, but hardware that others use as well may be busy for a moment.
 */
const stallTimeout = 300;
/** And of so many pictures in a row: fewer than make a slow camera a silent one. */
const fewest = 3;

/**
 * An encoder and what takes its place when it fails. The next one begins with a keyframe, as each encoder does, so that
 * viewers go on.
 */
export class H264Fallback implements Encoder {
  #encoder: Encoder;
  readonly #replace: (problem: string, like: Frame) => Promise<Encoder>;
  /** Pictures since the last one that came out. */
  #failures = 0;
  /** When the first of them was captured. */
  #since = 0;

  /** @param replace opens an encoder of the same size; `problem` says why the present one is given up */
  constructor(encoder: Encoder, replace: (problem: string, like: Frame) => Promise<Encoder>) {
    this.#encoder = encoder;
    this.#replace = replace;
  }

  get width(): number {
    return this.#encoder.width;
  }

  get height(): number {
    return this.#encoder.height;
  }

  requestKeyframe(): void {
    this.#encoder.requestKeyframe?.();
  }

  async encode(frame: Frame, capturedAt: number): Promise<Encoded | null> {
    const encoded = await this.#try(frame, capturedAt);
    if (typeof encoded !== 'string') {
      this.#failures = 0;
      return encoded;
    }
    if (this.#failures === 0) this.#since = capturedAt;
    this.#failures += 1;
    if (this.#failures < fewest || capturedAt - this.#since < stallTimeout) return null;
    const failed = this.#encoder;
    this.#encoder = await this.#replace(encoded, frame);
    failed[Symbol.dispose]();
    this.#failures = 0;
    return this.encode(frame, capturedAt);
  }

  /** @returns in words why nothing came out, if it did not. */
  async #try(frame: Frame, capturedAt: number): Promise<Encoded | string> {
    try {
      return (await this.#encoder.encode(frame, capturedAt)) ?? `it made nothing of ${this.#failures + 1} pictures`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  [Symbol.dispose](): void {
    this.#encoder[Symbol.dispose]();
  }
}

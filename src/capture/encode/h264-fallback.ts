import type { Frame } from 'node-av/lib';
import { PortholeError } from '../../domain/errors.ts';
import type { Encoded, Encoder } from './encoder.ts';

/**
 * An encoder that outputs nothing for this long has failed, in milliseconds of capture time. Viewers should not wait
 * longer, but hardware shared with other programs may be busy for a moment.
 */
const stallTimeout = 300;
/**
 * An encoder has failed only after this many frames in a row without output, so that slow cameras get several tries.
 */
const minFailures = 3;

/** Wraps an encoder, and replaces it when it fails. A new encoder starts with a keyframe, so viewers can continue. */
export class H264Fallback implements Encoder {
  #encoder: Encoder;
  readonly #replace: (problem: string, like: Frame) => Promise<Encoder>;
  /** True if the current encoder is a replacement that has not output anything yet. */
  #isReplacement = false;
  /** Frames since the last output. */
  #failures = 0;
  /** The capture time of the first of those frames, in milliseconds. */
  #since = 0;

  /** @param replace opens an encoder of the same size; `problem` says why the current one is replaced */
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
      this.#isReplacement = false;
      return encoded;
    }
    if (this.#failures === 0) this.#since = capturedAt;
    this.#failures += 1;
    if (this.#failures < minFailures || capturedAt - this.#since < stallTimeout) return null;
    if (this.#isReplacement) throw new PortholeError('video_unsupported', { detail: `H.264 encoder: ${encoded}` });
    const failed = this.#encoder;
    this.#encoder = await this.#replace(encoded, frame);
    failed[Symbol.dispose]();
    this.#isReplacement = true;
    this.#failures = 0;
    return this.encode(frame, capturedAt);
  }

  /** @returns the encoded frame, or why there is no output */
  async #try(frame: Frame, capturedAt: number): Promise<Encoded | string> {
    try {
      return (await this.#encoder.encode(frame, capturedAt)) ?? `no output for ${this.#failures + 1} frames`;
    } catch (error) {
      // Another encoder would fail in the same way.
      if (error instanceof PortholeError) throw error;
      return error instanceof Error ? error.message : String(error);
    }
  }

  [Symbol.dispose](): void {
    this.#encoder[Symbol.dispose]();
  }
}

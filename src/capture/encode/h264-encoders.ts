import type { Frame } from 'node-av/lib';
import { refuseH264 } from '../../domain/cameras/camera-limits.ts';
import { h264Encoders, type H264EncoderChoice, type H264EncoderName } from '../../domain/media/h264-encoder.ts';
import type { Size } from '../../domain/media/size.ts';
import type { Encoder } from './encoder.ts';
import { h264Backends, type H264Backend } from './h264-backends.ts';
import { H264Encoder } from './h264-encoder.ts';
import { H264Fallback } from './h264-fallback.ts';

/** How many frames an encoder may take during its trial before it has to output one. */
const trialFrames = 4;

/** See {@link H264Encoder.open}. */
export type OpenH264 = (size: Size, fps: number | null, like: Frame, backend: H264Backend) => Promise<Encoder>;

/** Opens H.264 encoders: the configured one if it works, otherwise x264. */
export class H264Encoders {
  /** The encoders to try, in order of preference. */
  readonly #names: readonly H264EncoderName[];
  readonly #warn: (text: string) => void;
  readonly #open: OpenH264;
  /** True to search for working hardware, without warning about encoders that do not work. */
  readonly #searches: boolean;
  /** The first encoder of {@link #names} that works, or x264. */
  #found: Promise<H264EncoderName> | null = null;
  readonly #warned = new Set<string>();

  /**
   * @param warn receives a sentence when the chosen encoder cannot be used, or fails
   * @param open opens one encoder; tests replace it
   */
  constructor(
    choice: H264EncoderChoice,
    warn: (text: string) => void,
    open: OpenH264 = (...args) => H264Encoder.open(...args),
  ) {
    const hardware = h264Encoders.filter((name) => name !== 'x264');
    this.#searches = choice === 'auto';
    this.#names = choice === 'auto' ? hardware : [choice];
    this.#warn = warn;
    this.#open = open;
  }

  /**
   * Opens an encoder. x264 takes over where hardware cannot open one, because it supports a limited number of sessions
   * or sizes, or where it fails later. See {@link H264Encoder.open} for the parameters.
   *
   * @throws {PortholeError} `video_unsupported` for a size that H.264 cannot have.
   * @throws {Error} when x264 cannot be used either.
   */
  async open(size: Size, fps: number | null, like: Frame): Promise<Encoder> {
    const refusal = refuseH264(size);
    if (refusal !== null) throw refusal;
    const name = await (this.#found ??= this.#find(size, fps, like));
    const x264 = (frame: Frame) => this.#open(size, fps, frame, h264Backends.x264);
    const restart = (problem: string, frame: Frame) => {
      this.#warnOnce('x264 fails', `The H.264 encoder x264 failed (${problem}) and is restarted.`);
      return x264(frame);
    };
    if (name === 'x264') return new H264Fallback(await x264(like), restart);
    try {
      return new H264Fallback(await this.#open(size, fps, like, h264Backends[name]), (problem, frame) => {
        this.#warnOnce(`${name} fails`, `The H.264 encoder ${name} failed (${problem}). Porthole uses x264 instead.`);
        // An encoder that has failed is not used again.
        this.#found = Promise.resolve('x264');
        return x264(frame);
      });
    } catch (error) {
      const format = `${size.width} × ${size.height}`;
      this.#warnOnce(
        `${name} refuses`,
        `The H.264 encoder ${name} cannot encode ${format} (${reason(error)}). Porthole uses x264 instead.`,
      );
      return new H264Fallback(await x264(like), restart);
    }
  }

  async #find(size: Size, fps: number | null, like: Frame): Promise<H264EncoderName> {
    for (const name of this.#names) {
      if (name === 'x264') break;
      const problem = await this.#try(name, size, fps, like);
      if (problem === null) return name;
      if (!this.#searches)
        this.#warn(`The H.264 encoder ${name} cannot be used (${problem}). Porthole uses x264 instead.`);
    }
    return 'x264';
  }

  /** Encodes a few frames. @returns why that does not work; null if it does */
  async #try(name: H264EncoderName, size: Size, fps: number | null, like: Frame): Promise<string | null> {
    try {
      using encoder = await this.#open(size, fps, like, h264Backends[name]);
      for (let index = 0; index < trialFrames; index += 1) {
        const encoded = await encoder.encode(like, index * 33);
        if (encoded !== null) return encoded.keyframe ? null : 'its first frame is not a keyframe';
      }
      return 'it holds frames back';
    } catch (error) {
      return reason(error);
    }
  }

  #warnOnce(what: string, text: string): void {
    if (this.#warned.has(what)) return;
    this.#warned.add(what);
    this.#warn(text);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

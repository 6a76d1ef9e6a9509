import type { Frame } from 'node-av/lib';
import { h264Encoders, type H264EncoderChoice, type H264EncoderName } from '../../domain/h264-encoder.ts';
import type { Encoder } from './encoder.ts';
import { h264Backends, type H264Backend } from './h264-backends.ts';
import { H264Encoder, type EncoderSize } from './h264-encoder.ts';
import { H264Fallback } from './h264-fallback.ts';

/** Pictures that an encoder on trial is given: it must have made one by then, or it holds them back. */
const trial = 4;

/** What {@link H264Encoder.open} does. */
export type OpenH264 = (size: EncoderSize, fps: number | null, like: Frame, backend: H264Backend) => Promise<Encoder>;

/** Opens encoders of H.264 with what the person has chosen, or else with x264. */
export class H264Encoders {
  /** What is tried, the best first. */
  readonly #names: readonly H264EncoderName[];
  readonly #say: (text: string) => void;
  readonly #open: OpenH264;
  /** True where nothing is said of hardware that a machine does not have. */
  readonly #searches: boolean;
  /** The first of them that works. */
  #found: Promise<H264EncoderName> | null = null;
  readonly #said = new Set<string>();

  /**
   * @param say called with a sentence when what was chosen, or found, cannot be used
   * @param open opens one encoder
   */
  constructor(
    choice: H264EncoderChoice,
    say: (text: string) => void,
    open: OpenH264 = (...args) => H264Encoder.open(...args),
  ) {
    const hardware = h264Encoders.filter((name) => name !== 'x264');
    this.#searches = choice === 'auto';
    this.#names = choice === 'auto' ? hardware : [choice];
    this.#say = say;
    this.#open = open;
  }

  /**
   * Opens one. Where hardware cannot, since it has only so many encoders or only some sizes, x264 does it; likewise where
   * the hardware fails later.
   *
   * @param size see {@link H264Encoder.open}, as for the rest
   * @throws {Error} when x264 cannot be used either.
   */
  async open(size: EncoderSize, fps: number | null, like: Frame): Promise<Encoder> {
    const name = await (this.#found ??= this.#find(size, fps, like));
    const x264 = (frame: Frame) => this.#open(size, fps, frame, h264Backends.x264);
    const anew = (problem: string, frame: Frame) => {
      this.#sayOnce('x264 fails', `H.264 is not encoded by x264 any more (${problem}): it is started anew.`);
      return x264(frame);
    };
    if (name === 'x264') return new H264Fallback(await x264(like), anew);
    try {
      return new H264Fallback(await this.#open(size, fps, like, h264Backends[name]), (problem, frame) => {
        this.#sayOnce(`${name} fails`, `H.264 is not encoded by ${name} any more (${problem}): x264 goes on with it.`);
        // What has failed once is not given the next one.
        this.#found = Promise.resolve('x264');
        return x264(frame);
      });
    } catch (error) {
      const what = `H.264 of ${size.width} × ${size.height}`;
      this.#sayOnce(
        `${name} refuses`,
        `${what} cannot be encoded by ${name} (${reason(error)}): x264 does it instead.`,
      );
      return new H264Fallback(await x264(like), anew);
    }
  }

  async #find(size: EncoderSize, fps: number | null, like: Frame): Promise<H264EncoderName> {
    for (const name of this.#names) {
      if (name === 'x264') break;
      const problem = await this.#try(name, size, fps, like);
      if (problem === null) return name;
      if (!this.#searches) this.#say(`H.264 cannot be encoded by ${name} (${problem}): x264 does it instead.`);
    }
    return 'x264';
  }

  /** Encodes a few pictures. @returns why that does not work, null if it does. */
  async #try(name: H264EncoderName, size: EncoderSize, fps: number | null, like: Frame): Promise<string | null> {
    try {
      using encoder = await this.#open(size, fps, like, h264Backends[name]);
      for (let picture = 0; picture < trial; picture += 1) {
        const encoded = await encoder.encode(like, picture * 33);
        if (encoded !== null) return encoded.keyframe ? null : 'it does not begin with a keyframe';
      }
      return 'it holds pictures back';
    } catch (error) {
      return reason(error);
    }
  }

  #sayOnce(what: string, text: string): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.#say(text);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import type { Frame } from 'node-av/lib';
import { h264Encoders, type H264EncoderChoice, type H264EncoderName } from '../domain/h264-encoder.ts';
import { h264Backends } from './h264-backends.ts';
import { H264Encoder, type EncoderSize } from './h264-encoder.ts';

/** Pictures that an encoder on trial is given: it must have made one by then, or it holds them back. */
const trial = 4;

/** Opens encoders of H.264 with what the person has chosen, or else with x264. */
export class H264Encoders {
  /** What is tried, the best first; once one works it is the only one. */
  #names: readonly H264EncoderName[];
  readonly #say: (text: string) => void;

  /** @param say called with a sentence when what was chosen cannot be used */
  constructor(choice: H264EncoderChoice, say: (text: string) => void) {
    const hardware = h264Encoders.filter((name) => name !== 'x264');
    this.#names = choice === 'x264' ? ['x264'] : [...(choice === 'auto' ? hardware : [choice]), 'x264'];
    this.#say = choice === 'auto' ? () => undefined : say;
  }

  /** See {@link H264Encoder.open}. */
  async open(size: EncoderSize, fps: number | null, like: Frame): Promise<H264Encoder> {
    for (const name of this.#names) {
      if (name === 'x264') break;
      const problem = this.#names.length === 1 ? null : await this.#try(name, size, fps, like);
      if (problem === null) {
        this.#names = [name];
        return H264Encoder.open(size, fps, like, h264Backends[name]);
      }
      this.#say(`H.264 cannot be encoded by ${name} (${problem}): x264 does it instead.`);
    }
    this.#names = ['x264'];
    return H264Encoder.open(size, fps, like, h264Backends.x264);
  }

  /** Encodes a few pictures. @returns why that does not work, null if it does. */
  async #try(name: H264EncoderName, size: EncoderSize, fps: number | null, like: Frame): Promise<string | null> {
    try {
      using encoder = await H264Encoder.open(size, fps, like, h264Backends[name]);
      for (let picture = 0; picture < trial; picture += 1) {
        const encoded = await encoder.encode(like, picture * 33);
        if (encoded !== null) return encoded.keyframe ? null : 'it does not begin with a keyframe';
      }
      return 'it holds pictures back';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

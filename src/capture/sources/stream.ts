import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Captured, OpenSource, AudioInput } from '../source.ts';
import type { LibavInput } from './libav-input.ts';
import type { Relay } from './relay.ts';

/** A network stream. The arrival time of a frame counts as its capture time, because the sender's clock is unknown. */
export class StreamSource implements OpenSource {
  readonly #input: LibavInput;
  readonly #relay: Relay;
  readonly #rateIsGuessed: boolean;

  /** @param facts `rateIsGuessed` is true if FFmpeg has made the rate up from the first two frames */
  constructor(input: LibavInput, relay: Relay, facts: { readonly rateIsGuessed: boolean }) {
    this.#input = input;
    this.#relay = relay;
    this.#rateIsGuessed = facts.rateIsGuessed;
  }

  get video() {
    const { video } = this.#input;
    return this.#rateIsGuessed ? { ...video, fps: null } : video;
  }
  get codecParameters() {
    return this.#input.codecParameters;
  }
  get intraOnly() {
    return this.#input.intraOnly;
  }

  get audio(): AudioInput | undefined {
    const input = this.#input;
    if (input.audio === null) return undefined;
    const parameters = input.audio.codecpar;
    return {
      announced: true,
      listen: (take) => {
        input.takeAudio =
          take === null ? null : (packet) => take({ packet, parameters, time: monotonicNow(), exact: false });
      },
    };
  }

  async read(): Promise<Captured> {
    const packet = await this.#input.read();
    if (packet === null) throw this.#relay.problem ?? new PortholeError('source_ended');
    this.#relay.noteFrame();
    return { kind: 'packet', packet, capturedAt: monotonicNow() };
  }

  async close(): Promise<void> {
    await Promise.all([this.#input.close(), this.#relay.close()]);
  }
}

import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Captured, OpenSource } from '../source.ts';
import type { LibavInput } from './libav-input.ts';
import type { Relay } from './relay.ts';

/** A network stream: each picture counts as captured when it arrives, since the sender's clock is unknown. */
export class StreamSource implements OpenSource {
  readonly #input: LibavInput;
  readonly #relay: Relay;

  constructor(input: LibavInput, relay: Relay) {
    this.#input = input;
    this.#relay = relay;
  }

  get picture() {
    return this.#input.picture;
  }
  get codecParameters() {
    return this.#input.codecParameters;
  }
  get intraOnly() {
    return this.#input.intraOnly;
  }

  async read(): Promise<Captured> {
    const packet = await this.#input.read();
    if (packet === null) throw new PortholeError('source_ended');
    return { kind: 'packet', packet, capturedAt: monotonicNow() };
  }

  async close(): Promise<void> {
    await Promise.all([this.#input.close(), this.#relay.close()]);
  }
}

import { SendRing } from './send-ring.ts';

/** A connection that bytes are sent into. */
export interface Sender {
  /** Its file descriptor. */
  readonly descriptor: number;
  /** True if its descriptor is still its own, and nothing waits in front of what is sent now. */
  readonly mayTake: boolean;
  /** The system took only so many of the bytes: the rest is the sender's. */
  tookOnly(taken: number, bytes: Buffer): void;
}

/**
 * What is sent to connections in one turn of the event loop, all in one system call at its end: what a call costs on its way
 * through Node.js comes once for all viewers of a frame, not once for each (docs/decisions/022-one-call-for-all-viewers.md).
 */
export class Sends {
  #ring: SendRing | null;
  #senders: Sender[] = [];
  #bytes: Buffer[] = [];
  /** The number of the round that is being gathered, and by descriptor the last one that bytes were added in. */
  #round = 1;
  readonly #rounds: number[] = [];
  readonly #turn = Promise.resolve();
  readonly #flush = (): void => this.flush();

  /** @param ring null where the system has none: then nothing may be added */
  constructor(ring = SendRing.open()) {
    this.#ring = ring;
  }

  /** True if bytes may be added. */
  get works(): boolean {
    return this.#ring !== null;
  }

  /** Adds bytes, which must not change any more. They are sent before the event loop turns to anything else. */
  add(sender: Sender, bytes: Buffer): void {
    // If the system takes only a part of the first bytes, others must not follow that.
    this.settle(sender.descriptor);
    this.#rounds[sender.descriptor] = this.#round;
    // Node.js looks to what is promised as soon as no function runs any more.
    if (this.#senders.length === 0) void this.#turn.then(this.#flush);
    this.#senders.push(sender);
    this.#bytes.push(bytes);
    if (this.#senders.length === this.#ring?.capacity) this.flush();
  }

  /** Sends at once what was added if something for this descriptor is among it. */
  settle(descriptor: number): void {
    if (this.#rounds[descriptor] === this.#round) this.flush();
  }

  /** Sends at once what was added. */
  flush(): void {
    const ring = this.#ring;
    if (ring === null || this.#senders.length === 0) return;
    const [senders, bytes] = [this.#senders, this.#bytes];
    this.#senders = [];
    this.#bytes = [];
    this.#round += 1;
    for (let at = 0; at < senders.length; at += 1) {
      const sender = senders[at] as Sender;
      if (sender.mayTake) ring.add(at, sender.descriptor, bytes[at] as Buffer);
      else ring.results[at] = 0;
    }
    if (!ring.submit()) this.#ring = null;
    for (let at = 0; at < senders.length; at += 1) {
      const [taken, wanted] = [ring.results[at] as number, bytes[at] as Buffer];
      if (taken !== wanted.length) senders[at]?.tookOnly(Math.max(0, taken), wanted);
    }
  }
}

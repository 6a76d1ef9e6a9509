import { SendRing } from './send-ring.ts';

/** Who sends bytes into a connection. */
export interface Sender {
  /** The system took only so many of the bytes: the rest is the sender's. */
  tookOnly(taken: number, bytes: Buffer): void;
}

/**
 * What is sent to connections in one turn of the event loop, all in one system call at its end: what a call costs on its way
 * through Node.js comes once for all viewers of a frame, not once for each (docs/decisions/022-one-call-for-all-viewers.md).
 */
export class SendBatch {
  #ring: SendRing | null;
  /** What is gathered: who sends, and what. */
  readonly #senders: (Sender | null)[];
  readonly #bytes: (Buffer | null)[];
  #added = 0;
  /** The number of the round that is being gathered, and by descriptor the last one that bytes were added in. */
  #round = 1;
  readonly #rounds: number[] = [];
  readonly #turn = Promise.resolve();
  readonly #flush = (): void => this.flush();

  /** @param ring null where the system has none: then nothing may be added */
  constructor(ring = SendRing.open()) {
    this.#ring = ring;
    this.#senders = new Array<null>(ring?.capacity ?? 0).fill(null);
    this.#bytes = new Array<null>(ring?.capacity ?? 0).fill(null);
  }

  /** True if bytes may be added. */
  get works(): boolean {
    return this.#ring !== null;
  }

  /**
   * Adds bytes, which must not change any more, for a descriptor. They are sent before the event loop turns to anything
   * else. Whoever adds more for it, writes to the connection by another way or closes it calls {@link settle} before.
   */
  add(descriptor: number, sender: Sender, bytes: Buffer): void {
    const ring = this.#ring as SendRing;
    this.#rounds[descriptor] = this.#round;
    // Node.js looks to what is promised as soon as no function runs any more.
    if (this.#added === 0) void this.#turn.then(this.#flush);
    this.#senders[this.#added] = sender;
    this.#bytes[this.#added] = bytes;
    ring.add(this.#added, descriptor, bytes);
    this.#added += 1;
    if (this.#added === ring.capacity) this.flush();
  }

  /**
   * Sends at once what was added if something for this descriptor is among it: if the system takes only a part of that,
   * nothing may follow but the rest.
   */
  settle(descriptor: number): void {
    if (this.#rounds[descriptor] === this.#round) this.flush();
  }

  /** Sends at once what was added. */
  flush(): void {
    const [ring, added] = [this.#ring, this.#added];
    if (ring === null || added === 0) return;
    this.#added = 0;
    this.#round += 1;
    if (!ring.submit()) this.#ring = null;
    let left: Left[] | null = null;
    for (let at = 0; at < added; at += 1) {
      const [taken, bytes] = [ring.results[at] as number, this.#bytes[at] as Buffer];
      if (taken !== bytes.length) (left ??= []).push({ sender: this.#senders[at] as Sender, taken, bytes });
    }
    // What is kept here would not be free.
    this.#bytes.fill(null, 0, added);
    this.#senders.fill(null, 0, added);
    for (const { sender, taken, bytes } of left ?? []) sender.tookOnly(Math.max(0, taken), bytes);
  }
}

/** What the system did not take all of. */
interface Left {
  readonly sender: Sender;
  readonly taken: number;
  readonly bytes: Buffer;
}

import { type SendMany, sendEach } from './send-many.ts';
import { SendRing } from './send-ring.ts';

/** A connection, as the batch sees it. */
export interface Recipient {
  /** Where its bytes go. */
  readonly descriptor: number;
  /** Called when the kernel took only this many of the bytes; below 0 for none. The recipient has to send the rest. */
  tookOnly(taken: number, bytes: Buffer): void;
}

/**
 * Collects the bytes for all connections in one turn of the event loop and sends them with one system call. So a frame
 * costs one call into the kernel, not one for each viewer (docs/decisions/022-one-call-for-all-viewers.md).
 */
export class SendBatch {
  readonly #sending: SendMany;
  readonly #recipients: (Recipient | null)[];
  readonly #buffers: (Buffer | null)[];
  readonly #descriptors: Int32Array;
  readonly #taken: Int32Array;
  #count = 0;
  /** Grows with each {@link flush}: a recipient that remembers the round in which it was added knows if it was sent. */
  round = 1;
  readonly #turn = Promise.resolve();
  readonly #flush = (): void => this.flush();

  constructor(sending: SendMany) {
    this.#sending = sending;
    this.#recipients = new Array<null>(sending.capacity).fill(null);
    this.#buffers = new Array<null>(sending.capacity).fill(null);
    this.#descriptors = new Int32Array(sending.capacity);
    this.#taken = new Int32Array(sending.capacity);
  }

  /** @param batchSend false for one write(2) for each connection, as where the kernel has or allows no io_uring(7) */
  static open({ batchSend }: { readonly batchSend: boolean }): SendBatch {
    return new SendBatch((batchSend ? SendRing.open() : null) ?? sendEach);
  }

  /**
   * Adds bytes, which must not change afterwards. They are sent before the event loop continues. Call {@link flush}
   * first if the recipient is in this round already. Also call it before anything else writes to its connection or
   * closes it.
   */
  add(recipient: Recipient, bytes: Buffer): void {
    // Node.js runs this once no JavaScript is running.
    if (this.#count === 0 && this.#sending.capacity > 1) void this.#turn.then(this.#flush);
    this.#recipients[this.#count] = recipient;
    this.#buffers[this.#count] = bytes;
    this.#descriptors[this.#count] = recipient.descriptor;
    this.#count += 1;
    if (this.#count === this.#sending.capacity) this.flush();
  }

  /** Sends everything that was added. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.round += 1;
    this.#sending.send(count, this.#descriptors, this.#buffers, this.#taken);
    let short: Short[] | null = null;
    for (let at = 0; at < count; at += 1) {
      const [taken, bytes] = [this.#taken[at] as number, this.#buffers[at] as Buffer];
      if (taken !== bytes.length) (short ??= []).push({ recipient: this.#recipients[at] as Recipient, taken, bytes });
    }
    // The arrays would keep the buffers and recipients from being freed.
    this.#buffers.fill(null, 0, count);
    this.#recipients.fill(null, 0, count);
    // A recipient may add something again.
    for (const { recipient, taken, bytes } of short ?? []) recipient.tookOnly(taken, bytes);
  }

  /** Sends everything that was added, and releases the ring. Idempotent. */
  close(): void {
    this.flush();
    this.#sending.close();
  }
}

/** Bytes of which the kernel did not take all. */
interface Short {
  readonly recipient: Recipient;
  readonly taken: number;
  readonly bytes: Buffer;
}

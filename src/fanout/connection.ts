import type { Socket } from 'node:net';
import { monotonicNow } from '../domain/clock.ts';
import type { SendBatch } from './batch-send/send-batch.ts';
import type { BufferPool } from './buffer-pool.ts';
import { beforeChange, descriptorOf, type Handle, handleOf, queuedIn } from './node-internals.ts';

const nothing = Buffer.alloc(0);

/**
 * A writer sends its first frame at once if its connection holds no more than this, in bytes: the head of the response
 * may still be there. A connection that holds more is behind with another writer's frames.
 */
export const mostToBegin = 64 * 1024;

/** A connection that holds something and takes none of it for this long is dead, in milliseconds. */
const stallTimeout = 30_000;

/**
 * The connection to one client, as writers of frames see it. All writers of one socket share one.
 *
 * While the socket holds nothing, bytes go to its descriptor together with those for other connections, past Node's
 * stream (docs/decisions/018-frames-past-the-stream.md). The unsent remainder, which the kernel doesn't take, goes
 * through the socket, and so does everything behind it. With TLS, or without a descriptor, everything goes through the
 * socket.
 */
export class Connection {
  readonly socket: Socket;
  /** -1 if frames have to go through the socket. */
  readonly descriptor: number;
  readonly #handle: Handle | null;
  readonly #batch: SendBatch;
  readonly #pool: BufferPool;
  /** The last round of the batch in which bytes were added. */
  #round = 0;
  /** True while the socket is known to be open and empty, which only its own `write`, `end` and `destroy` change. */
  #isClear = false;
  /** For {@link isTaking}: how much was taken when that last changed, and when. */
  #taken = -1;
  #takenAt = monotonicNow();

  /** @param batch sends the bytes; @param pool memory for unsent remainders. Both are shared by all connections. */
  constructor(socket: Socket, batch: SendBatch, pool: BufferPool) {
    this.socket = socket;
    this.descriptor = descriptorOf(socket);
    this.#handle = this.descriptor >= 0 ? handleOf(socket) : null;
    this.#batch = batch;
    this.#pool = pool;
    if (this.#handle !== null) beforeChange(socket, () => this.#interrupt());
  }

  /** Writes bytes behind everything that was written before. They must not change afterwards. */
  write(bytes: Buffer): void {
    this.#settle();
    if (this.#mayBypass()) {
      this.#round = this.#batch.round;
      this.#batch.add(this, bytes);
    } else {
      this.socket.write(bytes);
    }
  }

  /** How many bytes the kernel has not taken yet. */
  get unsent(): number {
    this.#settle();
    return this.#isClear ? 0 : this.socket.writableLength;
  }

  /** Calls back once the kernel has taken everything that was written before this call. */
  onceTaken(callback: () => void): void {
    this.socket.write(nothing, callback);
  }

  /**
   * Looks at the connection, about once a second.
   *
   * @returns false when something waits and the other side has taken nothing for 30 s: it is dead.
   */
  isTaking(now: number): boolean {
    const { unsent } = this;
    // While something waits, everything goes through the socket, which counts a write when all of it is taken. The queue
    // tells how a large one gets on.
    const taken = this.socket.bytesWritten - this.socket.writableLength - queuedIn(this.socket);
    if (unsent === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#takenAt = now;
    }
    return now - this.#takenAt < stallTimeout;
  }

  /** Called by the batch when the kernel took only a part of some bytes, or nothing. */
  tookOnly(taken: number, bytes: Buffer): void {
    const rest = this.#pool.copyOf(taken > 0 ? bytes.subarray(taken) : bytes);
    this.socket.write(rest, () => this.#pool.giveBack(rest));
  }

  #mayBypass(): boolean {
    if (this.#isClear) return true;
    // A closed connection returns its descriptor, which the next one may get. The closed one then has no handle.
    const isOpen = this.#handle !== null && handleOf(this.socket) === this.#handle && !this.socket.writableEnded;
    this.#isClear = isOpen && this.socket.writableLength === 0;
    return this.#isClear;
  }

  /**
   * Sends the batch if it holds bytes for this connection: a part of them may remain unsent, and nothing may overtake
   * it.
   */
  #settle(): void {
    if (this.#round === this.#batch.round) this.#batch.flush();
  }

  #interrupt(): void {
    if (!this.#isClear) return;
    this.#settle();
    this.#isClear = false;
  }
}

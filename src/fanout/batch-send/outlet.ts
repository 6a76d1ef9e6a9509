import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { BufferPool } from './buffer-pool.ts';
import { Line } from './connection.ts';
import { SendBatch, type Sender } from './send-batch.ts';

const bufferPool = new BufferPool();

/** What the server sends to all its connections together. */
export const sendBatch = new SendBatch();
const settle = (descriptor: number): void => sendBatch.settle(descriptor);

/**
 * The way of frames into one connection, in one write(2) each, or one send(2) among many.
 *
 * `socket.write` makes several objects for each call and asks for a tick of the event loop: of a frame's way to a viewer a
 * third (docs/performance.md). While nothing waits in a socket, a write to its descriptor does the same. What the system
 * does not take of it goes the usual way, in its order behind it; with TLS, and where a connection has no descriptor,
 * everything does.
 */
export class Outlet implements Sender {
  readonly line: Line;
  readonly #socket: Socket;
  readonly #onLeft: (() => void) | null;

  /**
   * @param onLeft called when the system has not taken all of what {@link write} said it had. With it, bytes go out together
   *   with those of other outlets, at the end of this turn of the event loop, and until that is known they count as taken
   */
  constructor(socket: Socket, onLeft: (() => void) | null = null) {
    this.#socket = socket;
    this.line = Line.of(socket, settle);
    this.#onLeft = onLeft;
  }

  /** Writes bytes, which must not change any more. @returns true if the system has taken all of them already */
  write(bytes: Buffer): boolean {
    this.settle();
    if (!this.line.mayTake) {
      this.#socket.write(bytes);
      return this.#socket.writableLength === 0;
    }
    if (this.#onLeft === null || !sendBatch.works) return this.#writeDirectly(bytes);
    sendBatch.add(this.line.descriptor, this, bytes);
    return true;
  }

  /** Sends at once what is to go out together with others. */
  settle(): void {
    sendBatch.settle(this.line.descriptor);
  }

  /** The system has taken less than all of what was sent together with others. */
  tookOnly(taken: number, bytes: Buffer): void {
    this.#keep(taken, bytes);
    this.#onLeft?.();
  }

  #writeDirectly(bytes: Buffer): boolean {
    const taken = this.#tryToWrite(bytes);
    if (taken === bytes.length) return true;
    this.#keep(taken, bytes);
    return false;
  }

  /** Gives the socket what the system has not taken. */
  #keep(taken: number, bytes: Buffer): void {
    const rest = bufferPool.copyOf(taken === 0 ? bytes : bytes.subarray(taken));
    this.#socket.write(rest, () => bufferPool.giveBack(rest));
  }

  /** @returns how many bytes the system took; 0 if it takes none now or never again, which the socket then finds out. */
  #tryToWrite(bytes: Buffer): number {
    try {
      return writeSync(this.line.descriptor, bytes);
    } catch {
      return 0;
    }
  }
}

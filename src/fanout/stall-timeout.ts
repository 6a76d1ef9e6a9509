import type { Socket } from 'node:net';
import { monotonicNow } from '../domain/clock.ts';

/** A connection that takes nothing for this long is dead, in milliseconds. */
const limit = 30_000;

/** Tells connections that are dead from those that wait for a frame. */
export class StallTimeout {
  readonly #socket: Socket;
  #lastTaken = monotonicNow();
  #seen = -1;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Looks at the connection, about once a second.
   *
   * @param unsent true if something waits in the socket to be taken
   * @returns false when the other side has taken nothing for {@link limit}.
   */
  isTaking(now: number, unsent: boolean): boolean {
    // While something waits nothing goes past the socket (delivery/line.ts), so that it knows of all that is taken.
    const taken = this.#socket.bytesWritten - this.#socket.writableLength;
    if (!unsent || taken !== this.#seen) {
      this.#seen = taken;
      this.#lastTaken = now;
    }
    return now - this.#lastTaken < limit;
  }
}

import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Leftovers } from './leftovers.ts';

/** What Node.js keeps of a connection to the system: a TCP handle has its descriptor, which is -1 where there is none. */
interface Handle {
  readonly fd?: number;
}

const leftovers = new Leftovers();

/**
 * The way of frames into one connection, in one write(2) each.
 *
 * `socket.write` makes several objects for each call and asks for a tick of the event loop: of a frame's way to a viewer a
 * third (docs/performance.md). While nothing waits in a socket, a write to its descriptor does the same. What the system
 * does not take of it goes the usual way, in its order behind it; with TLS, and where a connection has no descriptor,
 * everything does.
 */
export class Outlet {
  readonly #socket: Socket;
  /** What the descriptor belongs to; null for a connection that has none. */
  readonly #handle: Handle | null;
  readonly #descriptor: number;
  #direct = 0;
  /** True if nobody else writes to the socket, so that only this outlet changes whether something waits in it. */
  #alone: boolean;
  /** True while the socket is known to be open and empty, without a look at it: of a viewer alone. */
  #clear = false;

  /**
   * @param options `alone` if nobody else writes to the socket from now on. Then a write need not look at the socket, whose
   *   memory, and that of what it holds, is in no cache when the next frame comes (docs/performance.md)
   */
  constructor(socket: Socket, { alone = false } = {}) {
    this.#socket = socket;
    const { fd = -1 } = handleOf(socket) ?? {};
    this.#handle = fd >= 0 && !('encrypted' in socket) ? handleOf(socket) : null;
    this.#descriptor = fd;
    this.#alone = alone && this.#handle !== null;
    if (this.#alone) this.#noticeTheEnd();
  }

  /** Bytes that the system has taken of this outlet and of everything else that was written to the socket. */
  get taken(): number {
    return this.#direct + this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** Writes bytes, which must not change any more. @returns true if the system has taken all of them already */
  write(bytes: Buffer): boolean {
    if (this.#clear) return this.#writeDirectly(bytes);
    const socket = this.#socket;
    // A closed connection gives its descriptor back, for the next one to have: then it has no handle any more.
    if (this.#handle === null || socket.writableLength > 0 || handleOf(socket) !== this.#handle) {
      socket.write(bytes);
      return socket.writableLength === 0;
    }
    return this.#writeDirectly(bytes);
  }

  #writeDirectly(bytes: Buffer): boolean {
    const taken = this.#tryToWrite(bytes);
    this.#direct += taken;
    if (taken === bytes.length) {
      this.#clear = this.#alone;
      return true;
    }
    this.#clear = false;
    const rest = leftovers.copyOf(taken === 0 ? bytes : bytes.subarray(taken));
    this.#socket.write(rest, () => leftovers.giveBack(rest));
    return false;
  }

  /** A socket gives its descriptor back as it is destroyed, long before it says so by an event. */
  #noticeTheEnd(): void {
    const socket = this.#socket;
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (...args) => {
      this.#alone = false;
      this.#clear = false;
      return destroy(...args);
    };
  }

  /** @returns how many bytes the system took; 0 if it takes none now or never again, which the socket then finds out. */
  #tryToWrite(bytes: Buffer): number {
    try {
      return writeSync(this.#descriptor, bytes);
    } catch {
      return 0;
    }
  }
}

function handleOf(socket: Socket): Handle | null {
  return (socket as unknown as { readonly _handle?: Handle | null })._handle ?? null;
}

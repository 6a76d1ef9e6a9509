import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Leftovers } from './leftovers.ts';
import { Sends, type Sender } from './sends.ts';

/** What Node.js keeps of a connection to the system: a TCP handle has its descriptor, which is -1 where there is none. */
interface Handle {
  readonly fd?: number;
}

const leftovers = new Leftovers();
const sends = new Sends();

/** How an {@link Outlet} is used. */
export interface OutletOptions {
  /**
   * True if nobody else writes to the socket from now on. Then a write need not look at the socket, whose memory, and that of
   * what it holds, is in no cache when the next frame comes (docs/performance.md).
   */
  readonly alone?: boolean;
  /**
   * Called when the system has not taken all of what {@link Outlet.write} said it had. With it, bytes go out together with
   * those of other outlets, at the end of this turn of the event loop, and until that is known they count as taken.
   */
  readonly onLeft?: () => void;
}

/** Sends at once what outlets were given in this turn of the event loop: what is written to their sockets now comes behind it. */
export function sendWhatWasGiven(): void {
  sends.flush();
}

/**
 * The way of frames into one connection, in one write(2) each, or one send(2) among many.
 *
 * `socket.write` makes several objects for each call and asks for a tick of the event loop: of a frame's way to a viewer a
 * third (docs/performance.md). While nothing waits in a socket, a write to its descriptor does the same. What the system
 * does not take of it goes the usual way, in its order behind it; with TLS, and where a connection has no descriptor,
 * everything does.
 */
export class Outlet implements Sender {
  readonly #socket: Socket;
  /** What the descriptor belongs to; null for a connection that has none. */
  readonly #handle: Handle | null;
  readonly descriptor: number;
  readonly #onLeft: (() => void) | null;
  #direct = 0;
  /** True if nobody else writes to the socket, so that only this outlet changes whether something waits in it. */
  #alone: boolean;
  /** True while the socket is known to be open and empty, without a look at it: of a viewer alone. */
  #clear = false;

  constructor(socket: Socket, { alone = false, onLeft }: OutletOptions = {}) {
    this.#socket = socket;
    const { fd = -1 } = handleOf(socket) ?? {};
    this.#handle = fd >= 0 && !('encrypted' in socket) ? handleOf(socket) : null;
    this.descriptor = fd;
    this.#onLeft = onLeft ?? null;
    this.#alone = alone && this.#handle !== null;
    if (this.#alone) this.#noticeTheEnd();
  }

  /** Bytes that the system has taken of this outlet and of everything else that was written to the socket. */
  get taken(): number {
    return this.#direct + this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** Writes bytes, which must not change any more. @returns true if the system has taken all of them already */
  write(bytes: Buffer): boolean {
    this.settle();
    if (!this.mayTake) {
      this.#socket.write(bytes);
      return this.#socket.writableLength === 0;
    }
    if (this.#onLeft === null || !sends.works) return this.#writeDirectly(bytes);
    this.#direct += bytes.length;
    this.#clear = this.#alone;
    sends.add(this, bytes);
    return true;
  }

  /** Sends at once what is to go out together with others. */
  settle(): void {
    if (this.#handle !== null) sends.settle(this.descriptor);
  }

  /** True if bytes may go to the descriptor now. */
  get mayTake(): boolean {
    if (this.#clear) return true;
    // A closed connection gives its descriptor back, for the next one to have: then it has no handle any more.
    return this.#handle !== null && this.#socket.writableLength === 0 && handleOf(this.#socket) === this.#handle;
  }

  /** The system has taken less than all of what was sent together with others. */
  tookOnly(taken: number, bytes: Buffer): void {
    this.#direct -= bytes.length - taken;
    this.#keep(taken, bytes);
    this.#onLeft?.();
  }

  #writeDirectly(bytes: Buffer): boolean {
    const taken = this.#tryToWrite(bytes);
    this.#direct += taken;
    if (taken === bytes.length) {
      this.#clear = this.#alone;
      return true;
    }
    this.#keep(taken, bytes);
    return false;
  }

  /** Gives the socket what the system has not taken. */
  #keep(taken: number, bytes: Buffer): void {
    this.#clear = false;
    const rest = leftovers.copyOf(taken === 0 ? bytes : bytes.subarray(taken));
    this.#socket.write(rest, () => leftovers.giveBack(rest));
  }

  /** A socket gives its descriptor back as it is destroyed, long before it says so by an event. */
  #noticeTheEnd(): void {
    const socket = this.#socket;
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (...args) => {
      this.settle();
      this.#alone = false;
      this.#clear = false;
      return destroy(...args);
    };
  }

  /** @returns how many bytes the system took; 0 if it takes none now or never again, which the socket then finds out. */
  #tryToWrite(bytes: Buffer): number {
    try {
      return writeSync(this.descriptor, bytes);
    } catch {
      return 0;
    }
  }
}

function handleOf(socket: Socket): Handle | null {
  return (socket as unknown as { readonly _handle?: Handle | null })._handle ?? null;
}

import type { Socket } from 'node:net';

/** What Node.js keeps of a connection to the system: a TCP handle has its descriptor, which is -1 where there is none. */
interface Handle {
  readonly fd?: number;
}

/** By descriptor: the number of the line that is known to be open and empty; 0 where none is. */
const clear: number[] = [];
let lastNumber = 0;

/** The sockets' lines: those who write to the same socket share one. */
const lines = new WeakMap<Socket, Line>();

/**
 * Whether a line is known to be open and empty, so that bytes may go to its descriptor: told by two numbers, without a look
 * at any of its objects.
 */
export function isClear(descriptor: number, number: number): boolean {
  return clear[descriptor] === number;
}

/**
 * One connection, as far as bytes may go to its descriptor, past its socket (docs/decisions/018-frames-past-the-stream.md).
 *
 * That is while the socket is open and nothing waits in it. Both change only by the socket's own `write`, `end` and
 * `destroy`, so these say so here; and whoever has bytes on their way to the descriptor sends them before.
 */
export class Line {
  /** The connection's file descriptor; -1 where it has none, or TLS in front of it. */
  readonly descriptor: number;
  /** The line's own, never used twice: another connection may have the descriptor as soon as this one is closed. */
  readonly number: number;
  readonly #socket: Socket;
  readonly #handle: Handle | null;
  readonly #settle: (descriptor: number) => void;
  #holds = 0;

  private constructor(socket: Socket, settle: (descriptor: number) => void) {
    this.#socket = socket;
    const handle = handleOf(socket);
    const isPlain = !('encrypted' in socket) && (handle?.fd ?? -1) >= 0;
    this.#handle = isPlain ? handle : null;
    this.descriptor = this.#handle?.fd ?? -1;
    this.number = lastNumber += 1;
    this.#settle = settle;
    if (isPlain) this.#notice();
  }

  /**
   * The line of a socket.
   *
   * @param settle sends what is on its way to a descriptor
   */
  static of(socket: Socket, settle: (descriptor: number) => void): Line {
    const known = lines.get(socket);
    if (known !== undefined) return known;
    const line = new Line(socket, settle);
    lines.set(socket, line);
    return line;
  }

  /** True if bytes may go to the descriptor now. */
  get mayTake(): boolean {
    if (clear[this.descriptor] === this.number) return true;
    // A closed connection gives its descriptor back, for the next one to have: then it has no handle any more.
    const isOpen = this.#handle !== null && handleOf(this.#socket) === this.#handle;
    if (!isOpen || this.#socket.writableLength > 0 || this.#holds > 0) return false;
    clear[this.descriptor] = this.number;
    return true;
  }

  /** Everything goes through the socket until {@link release}: somebody waits for it to be empty. */
  hold(): void {
    this.#holds += 1;
    this.#interrupt();
  }

  /** @see hold */
  release(): void {
    this.#holds -= 1;
  }

  #notice(): void {
    for (const name of ['write', 'end', 'destroy'] as const) {
      const method = this.#socket[name].bind(this.#socket) as (...args: unknown[]) => unknown;
      const noticed = (...args: unknown[]): unknown => {
        this.#interrupt();
        return method(...args);
      };
      Object.assign(this.#socket, { [name]: noticed });
    }
  }

  #interrupt(): void {
    if (clear[this.descriptor] !== this.number) return;
    this.#settle(this.descriptor);
    // Of what is sent now a part may be left, which calls this again.
    if (clear[this.descriptor] === this.number) clear[this.descriptor] = 0;
  }
}

function handleOf(socket: Socket): Handle | null {
  return (socket as unknown as { readonly _handle?: Handle | null })._handle ?? null;
}

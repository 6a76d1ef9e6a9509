import type { Socket } from 'node:net';
import type { Frame } from '../domain/frame.ts';
import type { RowWriter } from './viewer.ts';
import type { FrameWire } from './frame-wire.ts';
import { Outlet } from './batch-send/outlet.ts';
import { StallTimeout } from './stall-timeout.ts';

const nothing = Buffer.alloc(0);

/**
 * Writes frames to one socket, the newest one always: while the socket still holds an earlier frame a new one waits, and
 * is replaced by a newer one. So at most one frame of a viewer is in user space, besides the one that waits.
 */
export class FrameWriter implements RowWriter {
  readonly wire: FrameWire;
  readonly outlet: Outlet;
  readonly #socket: Socket;
  #waiting: Frame | null = null;
  #unsent = false;
  #closed = false;
  readonly #stallTimeout: StallTimeout;
  /** Frames that were replaced by newer ones before they could be sent. */
  dropped = 0;
  /** Frames handed to the system. */
  sent = 0;
  readonly #onTaken = (): void => {
    this.#unsent = false;
    this.outlet.line.release();
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    this.write(waiting);
  };

  constructor(socket: Socket, wire: FrameWire) {
    this.#socket = socket;
    this.wire = wire;
    this.outlet = new Outlet(socket, () => this.#waitForSocket());
    this.#stallTimeout = new StallTimeout(socket);
  }

  /** Sends the frame now, or when the socket has taken the one before, unless a newer one comes first. */
  write(frame: Frame): void {
    if (this.#closed) return;
    this.outlet.settle();
    if (this.#unsent) {
      if (this.#waiting !== null) this.dropped += 1;
      this.#waiting = frame;
      return;
    }
    this.sent += 1;
    if (!this.outlet.write(this.wire.bytes(frame))) this.#waitForSocket();
  }

  /** An empty write behind what waits tells when the system has taken it. */
  #waitForSocket(): void {
    this.#unsent = true;
    this.outlet.line.hold();
    this.#socket.write(nothing, this.#onTaken);
  }

  /** Writes nothing more, not even the frame that waits. */
  close(): void {
    this.outlet.settle();
    this.#closed = true;
    this.#waiting = null;
  }

  /**
   * Looks at the connection, about once a second.
   *
   * @returns false when the other side is dead.
   */
  isTaking(now: number): boolean {
    return this.#stallTimeout.isTaking(now, this.#unsent);
  }
}

import type { Socket } from 'node:net';
import type { Frame } from '../domain/frame.ts';
import { StallTimeout } from './stall-timeout.ts';

/** Sound is left out while so much waits to be sent, in bytes. */
const mostWaiting = 512 * 1024;

/** How sound looks on a wire. Its bytes are shared by all who listen. */
export interface AudioWire {
  /** What a decoder needs first, in front of this piece. */
  init(frame: Frame): Buffer;
  bytes(frame: Frame): Buffer;
}

/** Writes sound to one socket. Where that does not take it, pieces are left out, and the sound goes on with the newest. */
export class AudioWriter {
  readonly #socket: Socket;
  readonly #wire: AudioWire;
  readonly #stallTimeout: StallTimeout;
  #begun = false;
  #closed = false;

  constructor(socket: Socket, wire: AudioWire) {
    this.#socket = socket;
    this.#wire = wire;
    this.#stallTimeout = new StallTimeout(socket);
  }

  /** Sends a piece now, or leaves it out. */
  write(frame: Frame): void {
    if (this.#closed || this.#socket.writableLength > mostWaiting) return;
    if (!this.#begun) this.#socket.write(this.#wire.init(frame));
    this.#begun = true;
    this.#socket.write(this.#wire.bytes(frame));
  }

  /** Writes nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** Looks at the connection, about once a second. @returns false when the other side is dead. */
  isTaking(now: number): boolean {
    return this.#stallTimeout.isTaking(now, this.#socket.writableLength > 0);
  }
}

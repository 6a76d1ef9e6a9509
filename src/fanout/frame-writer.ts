import type { Frame } from '../domain/media/frame.ts';
import { type Connection, mostToBegin } from './connection.ts';
import type { PerFrame } from './per-frame.ts';

/**
 * Writes frames that can be decoded alone to one connection, always the newest: while the connection still holds an
 * earlier frame, one frame waits, and a newer one replaces it. So the server holds at most two frames of a viewer.
 */
export class FrameWriter {
  readonly #connection: Connection;
  readonly #messages: PerFrame<Buffer>;
  /** The bytes of the newest frame while it waits. */
  #waiting: Buffer | null = null;
  #closed = false;
  /** Frames that were replaced by newer ones before they could be sent. */
  dropped = 0;
  /** Frames handed to the connection. */
  sent = 0;
  readonly #onTaken = (): void => {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) this.#send(waiting);
  };

  /** @param messages frames in the output's format */
  constructor(connection: Connection, messages: PerFrame<Buffer>) {
    this.#connection = connection;
    this.#messages = messages;
  }

  /** Sends the frame now, or once the kernel has taken everything before it, unless a newer one comes first. */
  write(frame: Frame): void {
    if (this.#closed) return;
    if (this.#waiting !== null) {
      this.dropped += 1;
      this.#waiting = this.#messages.of(frame);
    } else if (this.#connection.unsent > (this.sent > 0 ? 0 : mostToBegin)) {
      this.#waiting = this.#messages.of(frame);
      this.#connection.onceTaken(this.#onTaken);
    } else {
      this.#send(this.#messages.of(frame));
    }
  }

  /** Writes nothing more, not even the frame that waits. */
  close(): void {
    this.#closed = true;
    this.#waiting = null;
  }

  #send(bytes: Buffer): void {
    this.sent += 1;
    this.#connection.write(bytes);
  }
}

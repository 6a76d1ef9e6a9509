import type { Frame } from '../domain/media/frame.ts';
import type { Connection } from './connection.ts';

/** Audio is left out while more than this waits to be sent, in bytes. */
const mostWaiting = 512 * 1024;

/** How one output writes audio. Its bytes are shared by all listeners. */
export interface AudioFormat {
  /** What a decoder needs before the first frame that it gets. */
  init(frame: Frame): Buffer;
  bytes(frame: Frame): Buffer;
}

/** Writes audio to one connection. Where that falls behind, frames are left out and audio goes on with the newest. */
export class AudioWriter {
  readonly #connection: Connection;
  readonly #format: AudioFormat;
  #begun = false;
  #closed = false;

  constructor(connection: Connection, format: AudioFormat) {
    this.#connection = connection;
    this.#format = format;
  }

  /** Sends a frame now, or leaves it out. */
  write(frame: Frame): void {
    if (this.#closed || this.#connection.unsent > mostWaiting) return;
    if (!this.#begun) this.#connection.write(this.#format.init(frame));
    this.#begun = true;
    this.#connection.write(this.#format.bytes(frame));
  }

  /** Writes nothing more. */
  close(): void {
    this.#closed = true;
  }
}

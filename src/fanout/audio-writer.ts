import type { Frame } from '../domain/media/frame.ts';
import type { Connection } from './connection.ts';

/** Audio is left out while more than this waits to be sent, in bytes. */
const mostWaiting = 512 * 1024;

/** An output's format for audio. All listeners share its bytes. */
export interface AudioFormat {
  /** The bytes that a decoder needs before its first frame. */
  init(frame: Frame): Buffer;
  bytes(frame: Frame): Buffer;
}

/**
 * Writes audio to one connection. If the connection falls behind, frames are left out, and audio continues with the
 * newest.
 */
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

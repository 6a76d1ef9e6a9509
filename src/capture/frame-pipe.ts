import { Socket } from 'node:net';
import { frameLength, writeFrame } from '../channel/frames.ts';
import type { Frame } from '../domain/frame.ts';

const nothing = Buffer.alloc(0);

/** The capture process's end of the frame pipe. It holds at most one picture of each Rendition that waits. */
export class FramePipe {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Frame>();
  readonly #onDrop: () => void;
  /** What the next frame is put together in, if it is large enough. */
  #memory = nothing;

  /**
   * @param descriptor the pipe's file descriptor
   * @param onDrop called for each picture that a newer one of its Rendition replaces before it could be sent
   */
  constructor(descriptor: number, onDrop: () => void) {
    this.#socket = new Socket({ fd: descriptor, readable: false, writable: true });
    this.#socket.on('drain', () => this.#sendWaiting());
    // The server is gone: so is the reason to run (main.ts exits when the IPC channel closes).
    this.#socket.on('error', () => this.#waiting.clear());
    this.#onDrop = onDrop;
  }

  /** Sends a frame, at once or as soon as the server has taken the earlier ones, unless a newer one comes first. */
  send(rendition: number, frame: Frame): void {
    if (!this.#socket.writableNeedDrain) {
      this.#write(rendition, frame);
      return;
    }
    if (this.#waiting.has(rendition)) this.#onDrop();
    this.#waiting.set(rendition, frame);
  }

  #sendWaiting(): void {
    for (const [rendition, frame] of this.#waiting) {
      if (this.#socket.writableNeedDrain) return;
      this.#waiting.delete(rendition);
      this.#write(rendition, frame);
    }
  }

  #write(rendition: number, frame: Frame): void {
    const length = frameLength(frame);
    const memory = this.#memory.length >= length ? this.#memory : Buffer.allocUnsafeSlow(length * 2);
    writeFrame(memory, rendition, frame);
    this.#socket.write(memory.subarray(0, length));
    // What the system has taken at once leaves its memory to the next; else this one belongs to the socket.
    this.#memory = this.#socket.writableLength === 0 ? memory : nothing;
  }
}

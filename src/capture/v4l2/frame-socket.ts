import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { address } from 'koffi';
import { isWritable, sendmsg } from './system-calls.ts';

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** `struct msghdr` and two of `struct iovec`, of a 64-bit machine: their lengths and fields as places among 64-bit words. */
const messageWords = 7;
const at = { parts: 2, partCount: 3, header: 7, headerLength: 8, picture: 9, pictureLength: 10 } as const;

/**
 * Sends frames into the pipe to the server, which is a socket, from a thread that may wait: a header and a picture that lie
 * apart in one sendmsg(2). Node.js's own `writev` takes as long again to find out what it was given.
 */
export class FrameSocket {
  readonly #descriptor: number;
  readonly #words = new BigUint64Array(messageWords + 4);
  readonly #message = Buffer.from(this.#words.buffer);
  #header: Buffer | null = null;

  /** @param descriptor the socket's */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#words[at.parts] = address(this.#message) + BigInt(messageWords * BigUint64Array.BYTES_PER_ELEMENT);
    this.#words[at.partCount] = 2n;
  }

  /**
   * Sends a frame, waiting for the server to take all of it.
   *
   * @param header one buffer for all frames is found again the fastest
   * @returns true if it had to wait
   * @throws {NodeJS.ErrnoException} as `write` does; EPIPE when the server is gone
   */
  send(header: Buffer, picture: Buffer): boolean {
    const words = this.#words;
    if (header !== this.#header) words[at.header] = address(header);
    this.#header = header;
    words[at.headerLength] = BigInt(header.length);
    words[at.picture] = address(picture);
    words[at.pictureLength] = BigInt(picture.length);
    const taken = sendmsg(this.#descriptor, this.#message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken === header.length + picture.length) return false;
    // What kept it from taking more is found out again, by calls that say so.
    let left = Buffer.concat([header, picture]).subarray(Math.max(0, taken));
    while (left.length > 0) left = left.subarray(this.#write(left));
    return true;
  }

  #write(bytes: Buffer): number {
    try {
      return writeSync(this.#descriptor, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno !== -constants.errno.EAGAIN) throw error;
      isWritable(this.#descriptor, 1_000);
      return 0;
    }
  }
}

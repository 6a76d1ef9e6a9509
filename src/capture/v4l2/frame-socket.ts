import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { address, errno } from 'koffi';
import { isWritable, sendmsg } from './system-calls.ts';

const { EAGAIN, EINTR } = constants.errno;

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** `struct msghdr` and two of `struct iovec`, of a 64-bit machine: their lengths and fields as places among 64-bit words. */
const messageWords = 7;
const at = { parts: 2, partCount: 3, header: 7, headerLength: 8, picture: 9, pictureLength: 10 } as const;

/** Where the bytes last asked for are in memory; they stay there as long as this knows them. */
class Place {
  #bytes: Buffer | null = null;
  #address = 0n;

  of(bytes: Buffer): bigint {
    if (bytes !== this.#bytes) this.#address = address(bytes);
    this.#bytes = bytes;
    return this.#address;
  }
}

/**
 * Sends frames into the pipe to the server, which is a socket, from a thread that may wait: a header and a picture that lie
 * apart in one sendmsg(2). Node.js's own `writev` takes as long again to find out what it was given.
 */
export class FrameSocket {
  readonly #descriptor: number;
  readonly #words = new BigUint64Array(messageWords + 4);
  readonly #message = Buffer.from(this.#words.buffer);
  readonly #header = new Place();
  readonly #picture = new Place();

  /** @param descriptor the socket's */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#words[at.parts] = address(this.#message) + BigInt(messageWords * BigUint64Array.BYTES_PER_ELEMENT);
    this.#words[at.partCount] = 2n;
  }

  /**
   * Sends a frame, waiting for the server to take all of it.
   *
   * @returns true if it had to wait
   * @throws {NodeJS.ErrnoException} what the system says; EPIPE or ECONNRESET when the server is gone
   */
  send(header: Buffer, picture: Buffer): boolean {
    const words = this.#words;
    words[at.header] = this.#header.of(header);
    words[at.headerLength] = BigInt(header.length);
    words[at.picture] = this.#picture.of(picture);
    words[at.pictureLength] = BigInt(picture.length);
    const length = header.length + picture.length;
    let sent = this.#try(MSG_DONTWAIT);
    if (sent === length) return false;
    // What is left is not copied: a large picture never goes at once.
    for (let last = sent; ; sent += last) {
      this.#skip(last);
      if (sent === length) return true;
      last = this.#try(0);
    }
  }

  /** Makes the message begin so many bytes later. */
  #skip(bytes: number): void {
    const words = this.#words;
    const ofHeader = BigInt(Math.min(bytes, Number(words[at.headerLength])));
    const ofPicture = BigInt(bytes) - ofHeader;
    (words[at.header] as bigint) += ofHeader;
    (words[at.headerLength] as bigint) -= ofHeader;
    (words[at.picture] as bigint) += ofPicture;
    (words[at.pictureLength] as bigint) -= ofPicture;
  }

  /** @returns how many bytes the system took: 0 when it takes none yet, after a wait for that where one is allowed */
  #try(flags: number): number {
    const taken = sendmsg(this.#descriptor, this.#message, flags | MSG_NOSIGNAL);
    if (taken >= 0) return taken;
    const number = errno();
    if (number !== EAGAIN && number !== EINTR) {
      const code = getSystemErrorName(-number);
      throw Object.assign(new Error(`sendmsg: ${code}`), { errno: -number, code });
    }
    if (flags === 0) isWritable(this.#descriptor, 1_000);
    return 0;
  }
}

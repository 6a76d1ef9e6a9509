import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { address, errno } from 'koffi';
import { isWritable, sendmsg } from './system-calls.ts';

const { EAGAIN, EINTR } = constants.errno;

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** `struct msghdr` of a 64-bit machine, followed by two `struct iovec`; lengths and offsets in 64-bit words. */
const messageWords = 7;
const at = { parts: 2, partCount: 3, header: 7, headerLength: 8, bytes: 9, bytesLength: 10 } as const;

/** Caches the address of a Buffer, and keeps the Buffer alive meanwhile. */
class Address {
  #bytes: Buffer | null = null;
  #address = 0n;

  of(bytes: Buffer): bigint {
    if (bytes !== this.#bytes) this.#address = address(bytes);
    this.#bytes = bytes;
    return this.#address;
  }
}

/**
 * Sends frames to the server over a socket, from a thread that may block. The header and the bytes of a frame lie apart
 * in memory and are sent in one sendmsg(2). Node.js's own `writev` takes twice as long, because it inspects its
 * arguments.
 */
export class FrameSocket {
  readonly #descriptor: number;
  readonly #words = new BigUint64Array(messageWords + 4);
  readonly #message = Buffer.from(this.#words.buffer);
  readonly #header = new Address();
  readonly #bytes = new Address();

  /** @param descriptor the file descriptor of the socket */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#words[at.parts] = address(this.#message) + BigInt(messageWords * BigUint64Array.BYTES_PER_ELEMENT);
    this.#words[at.partCount] = 2n;
  }

  /**
   * Sends a frame, and waits until the kernel has taken all of it.
   *
   * @returns true if it had to wait
   * @throws {NodeJS.ErrnoException} the error of sendmsg(2); EPIPE or ECONNRESET when the server is gone.
   */
  send(header: Buffer, bytes: Buffer): boolean {
    const words = this.#words;
    words[at.header] = this.#header.of(header);
    words[at.headerLength] = BigInt(header.length);
    words[at.bytes] = this.#bytes.of(bytes);
    words[at.bytesLength] = BigInt(bytes.length);
    const length = header.length + bytes.length;
    let sent = this.#try(MSG_DONTWAIT);
    if (sent === length) return false;
    // The rest is sent from where it is, without a copy: a large frame never fits into the socket at once.
    for (let last = sent; ; sent += last) {
      this.#skip(last);
      if (sent === length) return true;
      last = this.#try(0);
    }
  }

  /** Moves the start of the message forward by this many bytes. */
  #skip(bytes: number): void {
    const words = this.#words;
    const ofHeader = BigInt(Math.min(bytes, Number(words[at.headerLength])));
    const ofBytes = BigInt(bytes) - ofHeader;
    (words[at.header] as bigint) += ofHeader;
    (words[at.headerLength] as bigint) -= ofHeader;
    (words[at.bytes] as bigint) += ofBytes;
    (words[at.bytesLength] as bigint) -= ofBytes;
  }

  /**
   * @returns how many bytes the kernel took; 0 if the socket is full, after waiting up to 1 s unless MSG_DONTWAIT is
   *   set
   */
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

import { closeSync } from 'node:fs';
import { endianness } from 'node:os';
import { address, load, view } from 'koffi';
import { type SendMany, sendEach } from './send-many.ts';

/** How many sends go into one system call at most. */
const entries = 256;

// Linux has the same numbers on every architecture: `<asm-generic/unistd.h>`, `<linux/io_uring.h>` and `<linux/socket.h>`.
const SYS_io_uring_setup = 425;
const SYS_io_uring_enter = 426;
const IORING_ENTER_GETEVENTS = 1;
const IORING_OP_SEND = 26;
const IORING_OFF_SQES = 0x1000_0000;
/** Both rings are in one mapping. */
const IORING_FEAT_SINGLE_MMAP = 1 << 0;
/** Since Linux 5.7, which has everything that is used here. */
const IORING_FEAT_FAST_POLL = 1 << 5;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATE = 0x8001;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** `struct io_uring_params`: its length in bytes, and the index of each field in 32-bit words. */
const paramsLength = 120;
const params = { sqEntries: 0, cqEntries: 1, features: 5 } as const;
const sqOffsets = { tail: 11, mask: 12, array: 16 } as const;
const cqOffsets = { head: 20, tail: 21, cqes: 25 } as const;
/** `struct io_uring_sqe` and `struct io_uring_cqe`: their lengths in 32-bit words. */
const sqeWords = 16;
const cqeWords = 4;

type Syscall = (number: number, a: number, b: Buffer | number, c: number, d: number, e: null, f: number) => number;
type Mmap = (address: null, length: number, protection: number, flags: number, fd: number, offset: number) => unknown;

/** 64-bit and little-endian: elsewhere mmap(2) takes another type of offset, and addresses are in other words. */
const knowsLayouts = endianness() === 'LE' && ['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch);

/**
 * Sends to many connections in one system call, with io_uring(7). Each send is non-blocking (`MSG_DONTWAIT`), so all of
 * them are done when the call returns, with the results that send(2) would have returned, and the kernel uses none of the
 * memory after that.
 */
export class SendRing implements SendMany {
  readonly capacity: number;
  readonly #descriptor: number;
  readonly #enter: Syscall;
  /** Both rings. */
  readonly #rings: Uint32Array;
  /** The entries of the submission ring. */
  readonly #sends: Uint32Array;
  readonly #sqTail: number;
  readonly #sqMask: number;
  readonly #cqHead: number;
  readonly #cqTail: number;
  readonly #cqes: number;
  readonly #cqMask: number;
  /** False once the kernel has refused a send, and after {@link close}: then each connection has its own write(2). */
  #works = true;
  #closed = false;

  /** @throws {Error} when its memory cannot be mapped. */
  private constructor(descriptor: number, setup: Uint32Array, syscall: Syscall, mmap: Mmap) {
    const field = (at: number): number => setup[at] as number;
    const map = (length: number, offset: number): Uint32Array => {
      const mapped = mmap(null, length, PROT_READ_WRITE, MAP_SHARED_POPULATE, descriptor, offset);
      if (mapped === null || mapped === MAP_FAILED) throw new Error('mmap: no memory for a ring');
      return new Uint32Array(view(mapped, length));
    };
    const [sends, completions] = [field(params.sqEntries), field(params.cqEntries)];
    this.capacity = sends;
    this.#descriptor = descriptor;
    this.#enter = syscall;
    this.#rings = map(Math.max(field(sqOffsets.array) + sends * 4, field(cqOffsets.cqes) + completions * 16), 0);
    this.#sends = map(sends * sqeWords * 4, IORING_OFF_SQES);
    const word = (at: number): number => field(at) >>> 2;
    this.#sqTail = word(sqOffsets.tail);
    this.#sqMask = this.#rings[word(sqOffsets.mask)] as number;
    this.#cqHead = word(cqOffsets.head);
    this.#cqTail = word(cqOffsets.tail);
    this.#cqes = word(cqOffsets.cqes);
    this.#cqMask = completions - 1;
    // Each place of the ring stands for the entry with the same index, for good.
    for (let at = 0; at < sends; at += 1) this.#rings[word(sqOffsets.array) + at] = at;
  }

  /** Opens a ring; null where the kernel has no io_uring, is too old, or does not allow it, as in most containers. */
  static open(): SendRing | null {
    if (process.platform !== 'linux' || !knowsLayouts) return null;
    const c = load(null);
    const syscall = c.func('long syscall(long, long, void *, long, long, void *, long)') as Syscall;
    const enter = c.func('long syscall(long, long, long, long, long, void *, long)') as Syscall;
    const mmap = c.func('void *mmap(void *, size_t, int, int, int, int64_t)') as Mmap;
    const setup = Buffer.from(new ArrayBuffer(paramsLength));
    const descriptor = syscall(SYS_io_uring_setup, entries, setup, 0, 0, null, 0);
    if (descriptor < 0) return null;
    const words = new Uint32Array(setup.buffer);
    const needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_FAST_POLL;
    try {
      if (((words[params.features] as number) & needed) === needed) return new SendRing(descriptor, words, enter, mmap);
    } catch {
      // Go on without a ring.
    }
    closeSync(descriptor);
    return null;
  }

  send(count: number, descriptors: Int32Array, buffers: readonly (Buffer | null)[], taken: Int32Array): void {
    if (!this.#works) {
      sendEach.send(count, descriptors, buffers, taken);
      return;
    }
    this.#submit(count, descriptors, buffers);
    taken.fill(0, 0, count);
    const submitted = this.#enter(SYS_io_uring_enter, this.#descriptor, count, 0, 0, null, 0);
    let done = this.#takeResults(taken);
    while (done < submitted) {
      this.#enter(SYS_io_uring_enter, this.#descriptor, 0, submitted - done, IORING_ENTER_GETEVENTS, null, 0);
      done += this.#takeResults(taken);
    }
    this.#works = submitted === count;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#works = false;
    closeSync(this.#descriptor);
  }

  #submit(count: number, descriptors: Int32Array, buffers: readonly (Buffer | null)[]): void {
    const sends = this.#sends;
    const tail = this.#rings[this.#sqTail] as number;
    let bytes: Buffer | null = null;
    let [low, high] = [0, 0];
    for (let index = 0; index < count; index += 1) {
      // Most sends are of the same frame.
      if (buffers[index] !== bytes) {
        bytes = buffers[index] as Buffer;
        const pointer = address(bytes);
        low = Number(BigInt.asUintN(32, pointer));
        high = Number(pointer >> 32n);
      }
      const at = ((tail + index) & this.#sqMask) * sqeWords;
      sends[at] = IORING_OP_SEND;
      sends[at + 1] = descriptors[index] as number;
      sends[at + 4] = low;
      sends[at + 5] = high;
      sends[at + 6] = (bytes as Buffer).length;
      sends[at + 7] = MSG_DONTWAIT | MSG_NOSIGNAL;
      sends[at + 8] = index;
    }
    this.#rings[this.#sqTail] = tail + count;
  }

  /** Moves results to where they are wanted. @returns how many there were */
  #takeResults(taken: Int32Array): number {
    const rings = this.#rings;
    const [from, to] = [rings[this.#cqHead] as number, rings[this.#cqTail] as number];
    for (let at = from; at !== to; at = (at + 1) >>> 0) {
      const entry = this.#cqes + (at & this.#cqMask) * cqeWords;
      taken[rings[entry] as number] = rings[entry + 2] as number;
    }
    rings[this.#cqHead] = to;
    return (to - from) >>> 0;
  }
}

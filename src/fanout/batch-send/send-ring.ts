import { closeSync } from 'node:fs';
import { endianness } from 'node:os';
import { address, load, view } from 'koffi';

/** How many sends go into one call, at most. */
const entries = 256;

// As Linux numbers them, on every machine alike: `<asm-generic/unistd.h>`, `<linux/io_uring.h>` and `<linux/socket.h>`.
const SYS_io_uring_setup = 425;
const SYS_io_uring_enter = 426;
const IORING_ENTER_GETEVENTS = 1;
const IORING_OP_SEND = 26;
const IORING_OFF_SQES = 0x1000_0000;
/** Both rings in one mapping. */
const IORING_FEAT_SINGLE_MMAP = 1 << 0;
/** Came with Linux 5.7, when what is used here had long been there. */
const IORING_FEAT_FAST_POLL = 1 << 5;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATE = 0x8001;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** `struct io_uring_params`: its length in bytes, and its fields by the number of their 32-bit word. */
const paramsLength = 120;
const params = { sqEntries: 0, cqEntries: 1, features: 5 } as const;
const sqOffsets = { tail: 11, mask: 12, array: 16 } as const;
const cqOffsets = { head: 20, tail: 21, cqes: 25 } as const;
/** `struct io_uring_sqe` and `struct io_uring_cqe`: their lengths in 32-bit words. */
const sqeWords = 16;
const cqeWords = 4;

type Syscall = (number: number, a: number, b: Buffer | number, c: number, d: number, e: null, f: number) => number;
type Mmap = (address: null, length: number, protection: number, flags: number, fd: number, offset: number) => unknown;

/** 64-bit and little-endian, as most are: on others mmap(2) takes another offset, and addresses other words. */
const knowsLayouts = endianness() === 'LE' && ['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch);

/**
 * Sends many buffers to many connections in one system call: io_uring(7), of which only this is used. Every send is
 * non-blocking (`MSG_DONTWAIT`), so all of them are done when the call returns, with what send(2) would have returned, and
 * no memory is in use behind it.
 */
export class SendRing {
  /** How many sends may be added before they are submitted. */
  readonly capacity: number;
  /** By the index that a send was added with: how many bytes the system took, or a negative error number. */
  readonly results: Int32Array;
  readonly #descriptor: number;
  readonly #enter: Syscall;
  /** Both rings, and the entries of the first. */
  readonly #rings: Uint32Array;
  readonly #sends: Uint32Array;
  readonly #sqTail: number;
  readonly #sqMask: number;
  readonly #cqHead: number;
  readonly #cqTail: number;
  readonly #cqes: number;
  readonly #cqMask: number;
  #added = 0;
  /** The bytes of the last send, and where they are: most sends of a round are of the same. */
  #bytes: Buffer | null = null;
  #low = 0;
  #high = 0;

  /** @throws {Error} when its memory cannot be mapped */
  private constructor(descriptor: number, setup: Uint32Array, syscall: Syscall, mmap: Mmap) {
    const field = (at: number): number => setup[at] as number;
    const map = (length: number, offset: number): Uint32Array => {
      const mapped = mmap(null, length, PROT_READ_WRITE, MAP_SHARED_POPULATE, descriptor, offset);
      if (mapped === null || mapped === MAP_FAILED) throw new Error('mmap: no memory for a ring');
      return new Uint32Array(view(mapped, length));
    };
    const [sends, completions] = [field(params.sqEntries), field(params.cqEntries)];
    this.capacity = sends;
    this.results = new Int32Array(sends);
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
    // Each place of the ring stands for the entry of the same number, for good.
    for (let at = 0; at < sends; at += 1) this.#rings[word(sqOffsets.array) + at] = at;
  }

  /** Opens a ring; null where the system has none, is too old or does not allow it, as in most containers. */
  static open(): SendRing | null {
    // eslint-disable-next-line no-restricted-properties -- no setting of Porthole's: libuv is told by it to use none
    const isUnwanted = process.env.UV_USE_IO_URING === '0';
    if (process.platform !== 'linux' || !knowsLayouts || isUnwanted) return null;
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
      // As if there were none.
    }
    closeSync(descriptor);
    return null;
  }

  /**
   * Adds a send, of bytes that stay as they are until {@link submit}.
   *
   * @param index below {@link capacity}, each only once; where its result will be
   */
  add(index: number, descriptor: number, bytes: Buffer): void {
    if (bytes !== this.#bytes) {
      const at = address(bytes);
      this.#bytes = bytes;
      this.#low = Number(BigInt.asUintN(32, at));
      this.#high = Number(at >> 32n);
    }
    const sends = this.#sends;
    const at = (((this.#rings[this.#sqTail] as number) + this.#added) & this.#sqMask) * sqeWords;
    sends[at] = IORING_OP_SEND;
    sends[at + 1] = descriptor;
    sends[at + 4] = this.#low;
    sends[at + 5] = this.#high;
    sends[at + 6] = bytes.length;
    sends[at + 7] = MSG_DONTWAIT | MSG_NOSIGNAL;
    sends[at + 8] = index;
    this.results[index] = 0;
    this.#added += 1;
  }

  /**
   * Sends what was added.
   *
   * @returns false if the system did not do all of it: the ring is of no use any more, and what has no result was not sent
   */
  submit(): boolean {
    const added = this.#added;
    this.#added = 0;
    this.#bytes = null;
    if (added === 0) return true;
    (this.#rings[this.#sqTail] as number) += added;
    const submitted = this.#enter(SYS_io_uring_enter, this.#descriptor, added, 0, 0, null, 0);
    let done = this.#takeResults();
    while (done < submitted) {
      this.#enter(SYS_io_uring_enter, this.#descriptor, 0, submitted - done, IORING_ENTER_GETEVENTS, null, 0);
      done += this.#takeResults();
    }
    return submitted === added;
  }

  #takeResults(): number {
    const rings = this.#rings;
    const [from, to] = [rings[this.#cqHead] as number, rings[this.#cqTail] as number];
    for (let at = from; at !== to; at = (at + 1) >>> 0) {
      const entry = this.#cqes + (at & this.#cqMask) * cqeWords;
      this.results[rings[entry] as number] = rings[entry + 2] as number;
    }
    rings[this.#cqHead] = to;
    return (to - from) >>> 0;
  }
}

import { errno, load, view } from 'koffi';

/**
 * The C functions that access devices. They are looked up in every loaded library, not in libc alone, so that a
 * preloaded library can fake a camera.
 */
const c = load(null);

/** ioctl(2): 0, or -1 and `errno()`. */
export const ioctl = c.func('int ioctl(int fd, unsigned long request, void *argument)') as (
  fd: number,
  request: number,
  argument: Buffer,
) => number;

/** sendmsg(2) with a `struct msghdr` in memory: the number of bytes that the kernel took, or -1 and `errno()`. */
export const sendmsg = c.func('long sendmsg(int fd, void *message, int flags)') as (
  fd: number,
  message: Buffer,
  flags: number,
) => number;

const mmap = c.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)') as (
  address: null,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => unknown;

const munmap = c.func('int munmap(void *address, size_t length)') as (address: unknown, length: number) => number;

const poll = c.func('int poll(void *descriptors, unsigned long count, int timeout)') as (
  descriptors: Buffer,
  count: number,
  timeout: number,
) => number;

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** A driver's buffer, mapped into the memory of this process (mmap(2)). */
export class Mapping implements Disposable {
  /** The mapped memory. Accessing it after disposal crashes the process. */
  readonly bytes: Buffer;
  readonly #address: unknown;

  /**
   * @param length in bytes
   * @param offset the offset of the buffer, from VIDIOC_QUERYBUF
   * @throws {NodeJS.ErrnoException} the error of mmap(2).
   */
  constructor(descriptor: number, length: number, offset: number) {
    const address = mmap(null, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, offset);
    if (address === null || address === MAP_FAILED) {
      throw Object.assign(new Error('mmap: the driver could not map a buffer'), { errno: -errno() });
    }
    this.#address = address;
    this.bytes = Buffer.from(view(address, length));
  }

  [Symbol.dispose](): void {
    munmap(this.#address, this.bytes.length);
  }
}

const POLLIN = 1;
const POLLOUT = 4;

/** Waits up to `within` milliseconds until a descriptor is readable (poll(2)). @returns true if it is */
export function isReadable(descriptor: number, within = 0): boolean {
  return pollFor(descriptor, POLLIN, within);
}

/** Waits up to `within` milliseconds until a descriptor is writable. @returns true if it is */
export function isWritable(descriptor: number, within = 0): boolean {
  return pollFor(descriptor, POLLOUT, within);
}

function pollFor(descriptor: number, event: number, within: number): boolean {
  const asked = Buffer.alloc(8);
  asked.writeInt32LE(descriptor, 0);
  asked.writeInt16LE(event, 4);
  return poll(asked, 1, within) > 0;
}

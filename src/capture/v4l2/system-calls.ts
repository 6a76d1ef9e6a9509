import { errno, load, view } from 'koffi';

/**
 * The functions of C that devices, and the pictures of one, go through. They are looked up among all that is loaded, not in libc
 * alone: a library that was loaded before it may stand in for a camera.
 */
const c = load(null);

/** ioctl(2): 0, or -1 and `errno()`. */
export const ioctl = c.func('int ioctl(int fd, unsigned long request, void *argument)') as (
  fd: number,
  request: number,
  argument: Buffer,
) => number;

/** sendmsg(2), of a `struct msghdr` in memory: how many bytes the system took, or -1. */
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

/** A driver's buffer in the memory of this process (mmap(2)). */
export class Mapping implements Disposable {
  /** The buffer itself; not to be touched any more once this is disposed. */
  readonly bytes: Buffer;
  readonly #address: unknown;

  /**
   * @param offset where the driver has the buffer, as VIDIOC_QUERYBUF told
   * @throws {NodeJS.ErrnoException} when the driver does not map it.
   */
  constructor(descriptor: number, length: number, offset: number) {
    const address = mmap(null, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, offset);
    if (address === null || address === MAP_FAILED) {
      throw Object.assign(new Error('mmap: the driver maps no buffer'), { errno: -errno() });
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

/** True if a descriptor can be read from (poll(2)), at once or within a time in milliseconds. */
export function isReadable(descriptor: number, within = 0): boolean {
  return pollFor(descriptor, POLLIN, within);
}

/** The same for writing. */
export function isWritable(descriptor: number, within = 0): boolean {
  return pollFor(descriptor, POLLOUT, within);
}

function pollFor(descriptor: number, event: number, within: number): boolean {
  const asked = Buffer.alloc(8);
  asked.writeInt32LE(descriptor, 0);
  asked.writeInt16LE(event, 4);
  return poll(asked, 1, within) > 0;
}

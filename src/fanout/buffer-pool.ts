/** The smallest buffer, in bytes; each size is twice the one before. */
const smallest = 64 * 1024;
/** Unused buffers are kept up to this sum, in bytes. */
const most = 16 * 1024 * 1024;

/**
 * Buffers for the unsent remainders of frames. Without them, a slow viewer would keep the shared frame alive for a
 * second or more. By then, V8 has moved the frame out of its young generation, so only a collection of the whole heap
 * frees it, and all viewers wait for that.
 */
export class BufferPool {
  /** Unused buffers by size. */
  readonly #free = new Map<number, Buffer[]>();
  #kept = 0;

  /** Copies bytes. @returns the copy; give it back when it is no longer needed */
  copyOf(bytes: Buffer): Buffer {
    let size = smallest;
    while (size < bytes.length) size *= 2;
    let memory = this.#free.get(size)?.pop();
    if (memory === undefined) memory = Buffer.allocUnsafeSlow(size);
    else this.#kept -= size;
    bytes.copy(memory);
    return memory.subarray(0, bytes.length);
  }

  /** Takes back a copy that is no longer needed. */
  giveBack({ buffer }: Buffer): void {
    const size = buffer.byteLength;
    if (this.#kept + size > most) return;
    this.#kept += size;
    const free = this.#free.get(size);
    const memory = Buffer.from(buffer);
    if (free === undefined) this.#free.set(size, [memory]);
    else free.push(memory);
  }
}

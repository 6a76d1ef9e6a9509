/** The smallest buffer, in bytes; each size is twice the one before. */
const smallest = 64 * 1024;
/** Unused buffers are kept up to this sum, in bytes. */
const most = 16 * 1024 * 1024;

/**
 * Buffers for the unsent remainders of frames. A slow viewer would otherwise hold on to the frame itself, which all
 * viewers share, for a second or more. By then it is no young object of V8's any more, and only a collection of the whole
 * heap frees its memory, for which all viewers wait.
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

  /** Takes back a copy, which nobody reads any more. */
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

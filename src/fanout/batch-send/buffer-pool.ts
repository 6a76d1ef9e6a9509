/** The smallest piece of memory, in bytes; larger ones are twice as large each. */
const smallest = 64 * 1024;
/** Memory that nobody uses is kept up to this, in bytes. */
const most = 16 * 1024 * 1024;

/**
 * Memory for what systems did not take of pictures. A slow viewer would else keep its share of the picture itself, which is
 * everybody's, for a second or more: longer than it is among V8's young objects, so that its memory is free again only after
 * a collection of the whole heap (channel/passing-memory.ts), which all viewers wait for.
 */
export class BufferPool {
  /** What nobody uses, by size. */
  readonly #free = new Map<number, Buffer[]>();
  #kept = 0;

  /** Copies bytes. @returns the copy, to be given back when it is needed no more */
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

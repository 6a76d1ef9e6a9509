import { writeSync } from 'node:fs';

/** Sends bytes to many connections: by {@link sendEach}, or by a `SendRing`. */
export interface SendMany {
  /** How many connections one call takes at most. */
  readonly capacity: number;
  /**
   * Sends to the first `count` of `descriptors` the buffers with the same indices, and waits for none of them.
   *
   * @param taken is set to the number of bytes that the kernel took of each: fewer than all if a connection is full, a
   *   negative `errno` if it took none
   */
  send(count: number, descriptors: Int32Array, buffers: readonly (Buffer | null)[], taken: Int32Array): void;
  /** Releases its memory in the kernel. Idempotent. Nothing may be sent afterwards. */
  close(): void;
}

/** The plain path: one write(2) for each connection, at once. */
export const sendEach: SendMany = {
  // Nothing is gained by gathering.
  capacity: 1,
  send(count, descriptors, buffers, taken) {
    for (let at = 0; at < count; at += 1) {
      try {
        taken[at] = writeSync(descriptors[at] as number, buffers[at] as Buffer);
      } catch (error) {
        taken[at] = (error as NodeJS.ErrnoException).errno ?? -1;
      }
    }
  },
  close() {},
};

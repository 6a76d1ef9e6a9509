import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** How much one read may bring, in bytes: of most cameras a whole frame, and as much as such a pipe holds. */
const bufferLength = 256 * 1024;

/** What Node.js keeps of a pipe to the system: the handle on which `onread` of `net.connect` rests. */
interface Handle {
  readonly useUserBuffer?: unknown;
}

/**
 * Reads a child's pipe into one buffer that is used again, and hands on what came with each read; those bytes are gone when
 * `take` returns.
 *
 * A stream makes 64 KB of memory and several objects for each read, which was a third of what a camera cost the server
 * (docs/performance.md). `net.connect` can do without, by its option `onread`; the sockets of a child's pipes cannot be told
 * so. So a socket that can is put in the place of the child's own. Where Node.js has no such handle, the stream is read.
 *
 * @param pipe a readable pipe of a child process that was started in this turn of the event loop
 */
export function readPipe(pipe: Readable, take: (bytes: Buffer) => void): void {
  // The end of the process tells more than an error here.
  pipe.on('error', () => undefined);
  const owner = pipe as unknown as { _handle?: Handle | null };
  const handle = owner._handle ?? null;
  if (handle?.useUserBuffer === undefined) {
    pipe.on('data', take);
    return;
  }
  owner._handle = null;
  pipe.destroy();
  const buffer = Buffer.allocUnsafeSlow(bufferLength);
  const callback = (length: number): boolean => {
    take(buffer.subarray(0, length));
    return true;
  };
  const options: object = { handle, writable: false, onread: { buffer, callback } };
  new Socket(options).on('error', () => undefined);
}

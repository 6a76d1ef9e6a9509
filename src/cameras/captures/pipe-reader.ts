import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { handleOf, takeHandle } from '../../fanout/node-internals.ts';

/** The size of one read, in bytes: a whole frame of most cameras, and the capacity of the pipe. */
const bufferLength = 256 * 1024;

/**
 * Reads a child's pipe into one buffer that is reused, and passes on each chunk as it arrives. The chunk is valid until
 * `take` returns.
 *
 * A stream allocates 64 KB and several objects for each read, which was a third of the server's cost per camera
 * (docs/performance.md). `net.connect` avoids that by its `onread` option, but the sockets of a child's pipes cannot be given
 * it. So the child's socket is replaced by one that has it. If Node has no such handle, the stream is read.
 *
 * @param pipe a readable pipe of a child process that was started in this turn of the event loop
 */
export function readPipe(pipe: Readable, take: (bytes: Buffer) => void): void {
  // The exit of the process says more than an error here.
  pipe.on('error', () => undefined);
  const handle = handleOf(pipe);
  if (handle?.useUserBuffer === undefined) {
    pipe.on('data', take);
    return;
  }
  takeHandle(pipe);
  const buffer = Buffer.allocUnsafeSlow(bufferLength);
  const callback = (length: number): boolean => {
    take(buffer.subarray(0, length));
    return true;
  };
  const options: object = { handle, writable: false, onread: { buffer, callback } };
  new Socket(options).on('error', () => undefined);
}

import { parentPort, workerData } from 'node:worker_threads';
import { devicePipeDescriptor } from '../../channel/frames.ts';
import type { VideoFormat } from '../../domain/media/media.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Mode } from '../../domain/cameras/mode.ts';
import { FrameSocket } from './frame-socket.ts';
import { readFrames } from './reader-loop.ts';
import { ReaderState } from './reader-state.ts';
import { DriverError, V4l2Stream } from './stream.ts';

/**
 * The thread that waits for a device's frames and sends each straight to the server. It runs no event loop: a frame
 * takes one wake-up and three system calls (docs/decisions/019).
 */

/** The thread's `workerData`. */
export interface ReaderOrder {
  readonly node: string;
  readonly mode: Mode;
  readonly memory: SharedArrayBuffer;
}

/** The messages that the thread sends. */
export type FromReader =
  | { readonly type: 'opened'; readonly video: VideoFormat }
  | { readonly type: 'frame'; readonly bytes: Uint8Array<ArrayBuffer>; readonly frame: Omit<Frame, 'bytes'> }
  /** The last message. `number` is the errno of the failed call. */
  | { readonly type: 'failed'; readonly number: number };

const order = workerData as ReaderOrder;
const state = new ReaderState(order.memory);

function tell(message: FromReader, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

/** Sends a copy of a frame to the main thread. The frame itself lies in the driver's memory. */
function keep({ bytes, ...frame }: Frame): void {
  const copy = new Uint8Array(bytes);
  tell({ type: 'frame', bytes: copy, frame }, [copy.buffer]);
}

try {
  using stream = V4l2Stream.open(order.node, order.mode);
  const { width, height, fps } = stream;
  tell({ type: 'opened', video: { format: order.mode.format, width, height, fps } });
  const socket = new FrameSocket(devicePipeDescriptor);
  readFrames(stream, state, { send: (header, bytes) => socket.send(header, bytes), keep });
} catch (error) {
  const { errno = 0 } = error as NodeJS.ErrnoException;
  const number = error instanceof DriverError ? error.number : -errno;
  // EPIPE means that the server is gone. An error without a number is a bug.
  if (number === 0) throw error;
  tell({ type: 'failed', number });
}

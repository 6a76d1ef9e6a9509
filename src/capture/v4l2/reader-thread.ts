import { parentPort, workerData } from 'node:worker_threads';
import { devicePipeDescriptor } from '../../channel/frames.ts';
import type { VideoFormat } from '../../channel/messages.ts';
import type { Frame } from '../../domain/frame.ts';
import type { Mode } from '../../domain/mode.ts';
import { FrameSocket } from './frame-socket.ts';
import { passOn } from './reader-loop.ts';
import { ReaderState } from './reader-state.ts';
import { DriverError, V4l2Stream } from './stream.ts';

/**
 * The thread that waits for a device's pictures, and gives each to the server at once. It never turns an event loop: one
 * wake-up and three system calls are all that a picture takes (docs/decisions/019).
 */

/** What the thread is started with. */
export interface ReaderOrder {
  readonly node: string;
  readonly mode: Mode;
  readonly memory: SharedArrayBuffer;
}

/** What the thread tells. */
export type FromReader =
  | { readonly type: 'opened'; readonly video: VideoFormat }
  | { readonly type: 'picture'; readonly bytes: Uint8Array<ArrayBuffer>; readonly frame: Omit<Frame, 'bytes'> }
  /** The last one. `number` is the system's error number. */
  | { readonly type: 'failed'; readonly number: number };

const order = workerData as ReaderOrder;
const state = new ReaderState(order.memory);

function tell(message: FromReader, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

/** Gives a copy of a picture to the main thread: the picture itself is the driver's. */
function keep({ bytes, ...frame }: Frame): void {
  const copy = new Uint8Array(bytes);
  tell({ type: 'picture', bytes: copy, frame }, [copy.buffer]);
}

try {
  using stream = V4l2Stream.open(order.node, order.mode);
  const { width, height, fps } = stream;
  tell({ type: 'opened', video: { format: order.mode.format, width, height, fps } });
  const socket = new FrameSocket(devicePipeDescriptor);
  passOn(stream, state, { send: (header, bytes) => socket.send(header, bytes), keep });
} catch (error) {
  const { errno = 0 } = error as NodeJS.ErrnoException;
  const number = error instanceof DriverError ? error.number : -errno;
  // EPIPE: the server is gone, and with it the reason to go on. What has no number is a mistake of ours.
  if (number === 0) throw error;
  tell({ type: 'failed', number });
}

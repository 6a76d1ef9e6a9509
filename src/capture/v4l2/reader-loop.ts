import { refuseSize } from '../../domain/cameras/camera-limits.ts';
import { FrameHeader } from '../../channel/frames.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { jpegFrame } from '../../formats/jpeg/jpeg-frame.ts';
import type { ReaderState } from './reader-state.ts';
import type { V4l2Stream } from './stream.ts';

/** Where the frames of a device go. */
export interface ReaderOutput {
  /** Sends a frame's header and bytes to the server, and waits until they are taken. @returns true if it had to wait */
  send(header: Buffer, bytes: Buffer): boolean;
  /** Copies a frame that this process needs. */
  keep(frame: Frame): void;
}

/** How many exact frames in a row make a driver trusted. A trusted driver is checked once every this many frames. */
const trialFrames = 30;

/**
 * Learns whether a driver reports the exact length of each JPEG. Some drivers always return their whole buffer, with
 * the rest of an earlier, longer frame behind the JPEG. Searching for the end of the JPEG takes a fifth of the time
 * that a frame costs here, so it is skipped for drivers that have proven exact.
 */
export class ExactLengths {
  #inARow = 0;

  /** True if the length of the next frame can be trusted. */
  get trusted(): boolean {
    return this.#inARow >= trialFrames && this.#inARow % trialFrames !== 0;
  }

  /** Notes whether the length of the latest frame was exact. */
  note(exact: boolean): void {
    this.#inARow = exact ? this.#inARow + 1 : 0;
  }
}

/**
 * Sends every frame of a device to the server, until `state` is stopped. The first frame, and the first of each size,
 * are also kept, so that the capture process learns the size.
 *
 * @throws {Error} when the device fails, or the server is gone.
 */
export function readFrames(
  stream: Pick<V4l2Stream, 'next' | 'hasNext'>,
  state: ReaderState,
  output: ReaderOutput,
): void {
  const header = new FrameHeader();
  let [width, height] = [0, 0];
  const lengths = new ExactLengths();
  // After waiting for the server, newer frames may have arrived.
  let mayBeLate = false;
  for (let sequence = 1; !state.stopped; sequence += 1) {
    const { bytes: data, capturedAt } = stream.next();
    state.count('captured');
    if (mayBeLate && stream.hasNext) {
      state.count('pipe');
      continue;
    }
    const jpeg = jpegFrame(data, { endsThere: lengths.trusted });
    lengths.note(jpeg?.exact === true);
    if (jpeg === null) {
      state.count('corrupt');
      continue;
    }
    const { ids, encode } = state.demand;
    const { exact: _, ...image } = jpeg;
    const frame = { ...image, sequence, capturedAt, keyframe: true };
    mayBeLate = false;
    // The capture process refuses a frame that is too large; it must not reach viewers meanwhile.
    const sent = refuseSize(frame) === null ? ids : [];
    for (const id of sent) if (output.send(header.of(id, frame), frame.bytes)) mayBeLate = true;
    if (!encode && frame.width === width && frame.height === height) continue;
    ({ width, height } = frame);
    output.keep(frame);
  }
}

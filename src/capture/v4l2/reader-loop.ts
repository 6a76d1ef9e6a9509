import { headerLength, writeHeader } from '../../channel/frames.ts';
import type { Frame } from '../../domain/frame.ts';
import { jpegPicture } from '../jpeg-picture.ts';
import type { ReaderState } from './reader-state.ts';
import type { V4l2Stream } from './stream.ts';

/** Where a device's pictures go. */
export interface ReaderOutput {
  /** Writes a frame into the pipe to the server, its header and its picture, and waits until it is there. */
  send(header: Buffer, bytes: Buffer): void;
  /** Takes a copy of a picture that is wanted in this process. */
  keep(frame: Frame): void;
}

/** A write that takes longer than this, in milliseconds, has kept the driver waiting: newer pictures may be here. */
const longWrite = 5;

/**
 * Hands each picture of a device on, until it is to end. The first one, and the first one of each size, is always kept as
 * well: by that the capture process learns the size.
 *
 * @throws {Error} when the device fails, or the server is gone
 */
export function handOn(stream: Pick<V4l2Stream, 'next' | 'hasNext'>, state: ReaderState, output: ReaderOutput): void {
  const header = Buffer.alloc(headerLength);
  let [width, height] = [0, 0];
  let mayBeLate = false;
  for (let sequence = 1; !state.stopped; sequence += 1) {
    const { bytes: data, capturedAt } = stream.next();
    state.count('captured');
    if (mayBeLate && stream.hasNext) {
      state.count('pipe');
      continue;
    }
    const picture = jpegPicture(data);
    if (picture === null) {
      state.count('corrupt');
      continue;
    }
    const { ids, pictures } = state.demand;
    const frame = {
      bytes: picture.bytes,
      sequence,
      capturedAt,
      keyframe: true,
      width: picture.width,
      height: picture.height,
    };
    const startedAt = performance.now();
    for (const id of ids) {
      writeHeader(header, id, frame);
      output.send(header, frame.bytes);
    }
    mayBeLate = performance.now() - startedAt > longWrite;
    if (!pictures && frame.width === width && frame.height === height) continue;
    ({ width, height } = frame);
    output.keep(frame);
  }
}

import { FrameHeader } from '../../channel/frames.ts';
import type { Frame } from '../../domain/frame.ts';
import { jpegFrame } from '../jpeg-frame.ts';
import type { ReaderState } from './reader-state.ts';
import type { V4l2Stream } from './stream.ts';

/** Where a device's pictures go. */
export interface ReaderOutput {
  /** Sends a frame to the server, its header and its picture, and waits until it is taken. @returns true if it had to wait */
  send(header: Buffer, bytes: Buffer): boolean;
  /** Takes a copy of a picture that is wanted in this process. */
  keep(frame: Frame): void;
}

/** So many pictures in a row have to end where their data do before a driver is believed, which is then tried as often. */
const trial = 30;

/**
 * Whether a driver tells where a picture ends. Those that do always do, and those that hand over their whole buffer, with what
 * is left of longer pictures in it, do that always; so not every picture has to be looked through for its end, which is a
 * fifth of what it costs here.
 */
export class ExactEnds {
  #inARow = 0;

  /** True if the next picture's data may be taken to end where it does. */
  get believed(): boolean {
    return this.#inARow >= trial && this.#inARow % trial !== 0;
  }

  /** Notes whether a picture's data did. */
  note(exact: boolean): void {
    this.#inARow = exact ? this.#inARow + 1 : 0;
  }
}

/**
 * Hands each picture of a device on, until it is to end. The first one, and the first one of each size, is always kept as
 * well: by that the capture process learns the size.
 *
 * @throws {Error} when the device fails, or the server is gone
 */
export function passOn(stream: Pick<V4l2Stream, 'next' | 'hasNext'>, state: ReaderState, output: ReaderOutput): void {
  const header = new FrameHeader();
  let [width, height] = [0, 0];
  const ends = new ExactEnds();
  // After a wait for the server newer pictures may be here.
  let mayBeLate = false;
  for (let sequence = 1; !state.stopped; sequence += 1) {
    const { bytes: data, capturedAt } = stream.next();
    state.count('captured');
    if (mayBeLate && stream.hasNext) {
      state.count('pipe');
      continue;
    }
    const picture = jpegFrame(data, { endsThere: ends.believed });
    ends.note(picture?.exact === true);
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
    mayBeLate = false;
    for (const id of ids) if (output.send(header.of(id, frame), frame.bytes)) mayBeLate = true;
    if (!pictures && frame.width === width && frame.height === height) continue;
    ({ width, height } = frame);
    output.keep(frame);
  }
}

import type { Frame } from '../domain/media/frame.ts';
import { type Connection, mostToBegin } from './connection.ts';

/** A viewer whose connection has held something for longer than this is behind, in milliseconds. */
const mostBehind = 500;
/** Nothing is sent along with the frames while more than this waits already, in bytes. */
const mostWaiting = 1024 * 1024;
/** A viewer that falls behind again and again asks for a keyframe no more often than this, in milliseconds. */
const askAgain = 2_000;

/** An output's format for frames that build on each other. All viewers share its bytes. */
export interface GopFormat {
  /** Called with each frame in order, whether it is sent or not. */
  note(frame: Frame): void;
  /**
   * The bytes that a decoder needs before this keyframe. They are sent if they aren't the same buffer as the last ones.
   */
  init(keyframe: Frame): Buffer;
  bytes(frame: Frame): Buffer;
}

/**
 * Writes frames that build on each other to one connection. A viewer that is behind gets nothing more until its
 * connection has taken everything and the next keyframe comes, for which it asks.
 *
 * A connection may need longer for a keyframe than one frame lasts. So it may still hold an earlier frame, and counts
 * as behind only when it hasn't been empty for {@link mostBehind} (docs/decisions/013-h264-viewers-may-be-behind.md).
 * The frames that wait are references to shared bytes, not copies.
 */
export class GopWriter {
  readonly #connection: Connection;
  readonly #format: GopFormat;
  readonly #askForKeyframe: () => void;
  #init: Buffer | null = null;
  /** True until a keyframe comes: at first, and after a frame was left out. */
  #lost = true;
  /** The capture time of the last frame written; null before the first. */
  #sentAt: number | null = null;
  /**
   * The capture time of the oldest frame that the kernel may not have taken yet; null while the connection holds
   * nothing.
   */
  #heldSince: number | null = null;
  /** The same of the first frame written after {@link #heldSince} was set. */
  #nextSince: number | null = null;
  #askedAt = -Infinity;
  #now = 0;
  #closed = false;
  /** Frames that were left out. */
  dropped = 0;
  /** Frames handed to the connection. */
  sent = 0;
  readonly #onTaken = (): void => {
    this.#heldSince = this.#nextSince;
    this.#nextSince = null;
    if (this.#heldSince !== null) this.#connection.onceTaken(this.#onTaken);
    else if (this.#lost && !this.#closed) this.#ask();
  };

  /** @param askForKeyframe called when a viewer that was behind can take frames again */
  constructor(connection: Connection, format: GopFormat, askForKeyframe: () => void) {
    this.#connection = connection;
    this.#format = format;
    this.#askForKeyframe = askForKeyframe;
  }

  /** Sends the frame now, or leaves it out. */
  write(frame: Frame): void {
    this.#format.note(frame);
    this.#now = frame.capturedAt;
    if (this.#closed) return;
    this.#noteHeld(frame);
    this.#lost ||= this.#heldSince !== null && frame.capturedAt - this.#heldSince > mostBehind;
    const mayBegin = frame.keyframe && this.#heldSince === null;
    if (this.#lost && !mayBegin) {
      this.dropped += 1;
      return;
    }
    this.#lost = false;
    this.#send(frame, frame.capturedAt);
  }

  /** Sends a whole GOP, so that the viewer has the newest frame at once. */
  writeGop(frames: readonly Frame[]): void {
    const newest = frames.at(-1);
    if (newest === undefined || this.#closed) return;
    this.#noteHeld(newest);
    if (this.#heldSince !== null) {
      for (const frame of frames) this.#format.note(frame);
      this.dropped += frames.length;
      return;
    }
    const { socket } = this.#connection;
    socket.cork();
    for (const frame of frames) {
      this.#format.note(frame);
      this.#send(frame, newest.capturedAt);
    }
    socket.uncork();
    this.#lost = false;
  }

  /** Writes bytes that belong to the frames, such as their audio, unless frames are being left out. */
  writeAlong(bytes: Buffer): void {
    if (!this.#closed && !this.#lost && this.#connection.unsent < mostWaiting) this.#connection.write(bytes);
  }

  /** Writes nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** Notes whether the connection still holds an earlier frame when the next one arrives. */
  #noteHeld({ capturedAt }: Frame): void {
    if (this.#heldSince !== null) return;
    if (this.#connection.unsent <= (this.#sentAt === null ? mostToBegin : 0)) return;
    this.#heldSince = this.#sentAt ?? capturedAt;
    this.#connection.onceTaken(this.#onTaken);
  }

  #send(frame: Frame, at: number): void {
    this.sent += 1;
    this.#sentAt = at;
    if (this.#heldSince !== null) this.#nextSince ??= at;
    const init = frame.keyframe ? this.#format.init(frame) : this.#init;
    if (init !== null && init !== this.#init) this.#connection.socket.write(init);
    this.#init = init;
    this.#connection.write(this.#format.bytes(frame));
  }

  #ask(): void {
    if (this.#now - this.#askedAt < askAgain) return;
    this.#askedAt = this.#now;
    this.#askForKeyframe();
  }
}

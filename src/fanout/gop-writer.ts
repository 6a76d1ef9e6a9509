import type { Socket } from 'node:net';
import type { Frame } from '../domain/frame.ts';
import { Outlet } from './batch-send/outlet.ts';
import { StallTimeout } from './stall-timeout.ts';

const nothing = Buffer.alloc(0);

/** A viewer whose socket has held something for longer than this is behind, in milliseconds. */
const mostBehind = 500;
/** Nothing goes beside the frames while so much waits already, in bytes. */
const mostBeside = 1024 * 1024;
/** A viewer that is behind again and again asks for a keyframe no more often than this, in milliseconds. */
const askAgain = 2_000;

/** How frames that build on each other look on a wire. Its bytes are shared by all viewers. */
export interface GopWire {
  /** Called with each frame in its order, whether it is sent or not. */
  note(frame: Frame): void;
  /** What a decoder needs before this keyframe; it is sent when it is another buffer than the last one. */
  init(keyframe: Frame): Buffer;
  bytes(frame: Frame): Buffer;
}

/**
 * Writes frames that build on each other to one socket. A viewer that is behind gets nothing more until its socket has
 * taken all and the next keyframe comes, for which it asks.
 *
 * A keyframe may be larger than what a line takes in the time of one picture, so a socket that still holds an earlier
 * frame is not behind yet (docs/decisions/013-h264-viewers-may-be-behind.md): only one that has not been empty for
 * {@link mostBehind}. What waits are references to the frames' shared bytes.
 */
export class GopWriter {
  readonly #socket: Socket;
  readonly #outlet: Outlet;
  readonly #wire: GopWire;
  readonly #askForKeyframe: () => void;
  readonly #stallTimeout: StallTimeout;
  #init: Buffer | null = null;
  /** True until a keyframe comes: at first, and after a frame was left out. */
  #lost = true;
  /** Since when the socket has held something, by the capture time of that frame; null while it is empty. */
  #heldSince: number | null = null;
  /** The same of the first frame written since its emptying was last awaited. */
  #nextSince: number | null = null;
  #askedAt = -Infinity;
  #closed = false;
  /** Frames that were left out. */
  dropped = 0;
  /** Frames handed to the system. */
  sent = 0;
  readonly #onTaken = (): void => {
    this.#heldSince = this.#nextSince;
    this.#nextSince = null;
    if (this.#heldSince !== null) this.#socket.write(nothing, this.#onTaken);
    else if (this.#lost && !this.#closed) this.#ask();
  };
  #now = 0;

  /** @param askForKeyframe called when a viewer that was behind can take frames again */
  constructor(socket: Socket, wire: GopWire, askForKeyframe: () => void) {
    this.#socket = socket;
    this.#wire = wire;
    this.#askForKeyframe = askForKeyframe;
    this.#outlet = new Outlet(socket);
    this.#stallTimeout = new StallTimeout(socket);
  }

  /** Sends the frame now, or leaves it out. */
  write(frame: Frame): void {
    this.#wire.note(frame);
    this.#now = frame.capturedAt;
    if (this.#closed) return;
    this.#lost ||= this.#heldSince !== null && frame.capturedAt - this.#heldSince > mostBehind;
    const mayBegin = frame.keyframe && this.#heldSince === null;
    if (this.#lost && !mayBegin) {
      this.dropped += 1;
      return;
    }
    this.#lost = false;
    this.#send(frame, frame.capturedAt);
  }

  /** Sends a keyframe and all that followed it, so that the viewer has the newest picture at once. */
  writeGop(frames: readonly Frame[]): void {
    const newest = frames.at(-1);
    if (newest === undefined || this.#closed) return;
    this.#socket.cork();
    for (const frame of frames) {
      this.#wire.note(frame);
      this.#send(frame, newest.capturedAt);
    }
    this.#socket.uncork();
    this.#lost = false;
  }

  /** Writes what belongs beside the frames, such as their sound, unless these are left out now. */
  writeBeside(bytes: Buffer): void {
    if (!this.#closed && !this.#lost && this.#socket.writableLength < mostBeside) this.#socket.write(bytes);
  }

  /** Writes nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** Looks at the connection, about once a second. @returns false when the other side is dead. */
  isTaking(now: number): boolean {
    return this.#stallTimeout.isTaking(now, this.#heldSince !== null);
  }

  #send(frame: Frame, at: number): void {
    this.sent += 1;
    const socket = this.#socket;
    const init = frame.keyframe ? this.#wire.init(frame) : this.#init;
    if (init !== null && init !== this.#init) socket.write(init);
    this.#init = init;
    if (this.#outlet.write(this.#wire.bytes(frame))) return;
    if (this.#heldSince !== null) {
      this.#nextSince ??= at;
      return;
    }
    this.#heldSince = at;
    socket.write(nothing, this.#onTaken);
  }

  #ask(): void {
    if (this.#now - this.#askedAt < askAgain) return;
    this.#askedAt = this.#now;
    this.#askForKeyframe();
  }
}

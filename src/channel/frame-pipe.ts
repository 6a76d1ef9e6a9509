import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { frameLength, writeFrame } from './frames.ts';
import type { Frame } from '../domain/media/frame.ts';

const nothing = Buffer.alloc(0);

/** Events of a {@link FramePipe}. */
export interface FramePipeEvents {
  /** A frame of this Rendition was dropped. */
  dropped(rendition: number): void;
  /** An inter-coded Rendition has lost a frame, and cannot continue before its next keyframe. */
  needsKeyframe(rendition: number): void;
}

/** How many frames of one Rendition may wait: as many as a GOP that a viewer starts with. */
const mostWaiting = 300;
/** How many bytes of one Rendition may wait. */
const mostBytes = 8 * 1024 * 1024;

/** The waiting frames of one Rendition, and their total size. */
interface Queue {
  readonly frames: Frame[];
  bytes: number;
}

/**
 * The writing end of the frame pipe. For an intra-coded Rendition at most one frame waits, the newest. For an
 * inter-coded Rendition a dropped frame makes all others useless up to the next keyframe, so up to {@link mostWaiting}
 * frames wait; if more arrive, all of them are dropped.
 */
export class FramePipe {
  readonly #socket: Writable;
  readonly #waiting = new Map<number, Queue>();
  /** The inter-coded Renditions that wait for a keyframe because they have lost a frame. */
  readonly #broken = new Set<number>();
  readonly #events: FramePipeEvents;
  /** Where the next frame and its header are assembled, if they fit. */
  #memory = nothing;

  private constructor(socket: Writable, events: FramePipeEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  /** @param pipe the pipe's file descriptor, or any stream */
  static open(pipe: number | Writable, events: FramePipeEvents): FramePipe {
    const socket = typeof pipe === 'number' ? new Socket({ fd: pipe, readable: false, writable: true }) : pipe;
    const opened = new FramePipe(socket, events);
    socket.on('drain', () => opened.#sendWaiting());
    // The reader is gone, which other events tell.
    socket.on('error', () => opened.#waiting.clear());
    return opened;
  }

  /** Sends a frame, or queues it until the server has read the earlier ones. A keyframe replaces the queued frames. */
  send(rendition: number, frame: Frame): void {
    if (frame.keyframe) this.#begin(rendition);
    else if (this.#broken.has(rendition)) {
      this.#events.dropped(rendition);
      return;
    }
    if (!this.#socket.writableNeedDrain && this.#waiting.size === 0) this.#write(rendition, frame);
    else this.#wait(rendition, frame);
  }

  /** Forgets the frames that wait for a Rendition. */
  forget(rendition: number): void {
    this.#waiting.delete(rendition);
    this.#broken.delete(rendition);
  }

  #begin(rendition: number): void {
    this.#broken.delete(rendition);
    this.#dropWaiting(rendition);
  }

  #dropOldest(rendition: number, waiting: Queue): void {
    waiting.bytes -= waiting.frames.shift()?.bytes.length ?? 0;
    this.#events.dropped(rendition);
  }

  #dropWaiting(rendition: number): void {
    for (const _ of this.#waiting.get(rendition)?.frames ?? []) this.#events.dropped(rendition);
    this.#waiting.delete(rendition);
  }

  #wait(rendition: number, frame: Frame): void {
    const waiting = this.#waiting.get(rendition) ?? { frames: [], bytes: 0 };
    waiting.frames.push(frame);
    waiting.bytes += frame.bytes.length;
    this.#waiting.set(rendition, waiting);
    const { frames } = waiting;
    if (frame.width === 0) {
      // Audio frames are independent, so only the oldest is dropped.
      if (frames.length > mostWaiting) this.#dropOldest(rendition, waiting);
      return;
    }
    if (frames.length === 1 || (frames.length <= mostWaiting && waiting.bytes <= mostBytes)) return;
    this.#dropWaiting(rendition);
    this.#broken.add(rendition);
    this.#events.needsKeyframe(rendition);
  }

  /** Takes turns between Renditions, so that a long GOP of one does not delay the others. */
  #sendWaiting(): void {
    while (this.#waiting.size > 0) {
      for (const [rendition, waiting] of this.#waiting) {
        if (this.#socket.writableNeedDrain) return;
        const frame = waiting.frames.shift() as Frame;
        waiting.bytes -= frame.bytes.length;
        if (waiting.frames.length === 0) this.#waiting.delete(rendition);
        this.#write(rendition, frame);
      }
    }
  }

  #write(rendition: number, frame: Frame): void {
    const length = frameLength(frame);
    const memory = this.#memory.length >= length ? this.#memory : Buffer.allocUnsafeSlow(length * 2);
    writeFrame(memory, rendition, frame);
    this.#socket.write(memory.subarray(0, length));
    // If the kernel has taken everything, the memory can be reused; otherwise the socket still refers to it.
    this.#memory = this.#socket.writableLength === 0 ? memory : nothing;
  }
}

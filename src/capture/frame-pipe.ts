import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { frameLength, writeFrame } from '../channel/frames.ts';
import type { Frame } from '../domain/frame.ts';

const nothing = Buffer.alloc(0);

/** What a {@link FramePipe} tells. */
export interface FramePipeEvents {
  /** A picture could not be sent. */
  dropped(): void;
  /** A Rendition whose pictures build on each other has lost one: it goes on with its next keyframe. */
  needsKeyframe(rendition: number): void;
}

/** How much of one Rendition may wait, in pictures and bytes: as much as a viewer is given to begin with. */
const mostWaiting = 300;
const mostBytes = 8 * 1024 * 1024;

/** The frames of one Rendition that wait, and their bytes in sum. */
interface Queue {
  readonly frames: Frame[];
  bytes: number;
}

/**
 * The capture process's end of the frame pipe. Of a Rendition whose pictures stand alone at most one waits, the newest.
 * Where pictures build on each other a lost one costs all up to the next keyframe, so some may wait; if there are too
 * many all of them are dropped.
 */
export class FramePipe {
  readonly #socket: Writable;
  readonly #waiting = new Map<number, Queue>();
  /** The Renditions that have lost a picture that others build on. */
  readonly #broken = new Set<number>();
  readonly #events: FramePipeEvents;
  /** What the next frame is put together in, if it is large enough. */
  #memory = nothing;

  /** @param pipe the pipe's file descriptor, or what stands for it */
  constructor(pipe: number | Writable, events: FramePipeEvents) {
    this.#socket = typeof pipe === 'number' ? new Socket({ fd: pipe, readable: false, writable: true }) : pipe;
    this.#socket.on('drain', () => this.#sendWaiting());
    // The server is gone: so is the reason to run (main.ts exits when the IPC channel closes).
    this.#socket.on('error', () => this.#waiting.clear());
    this.#events = events;
  }

  /** Sends a frame, at once or as soon as the server has taken the earlier ones, unless a newer one comes first. */
  send(rendition: number, frame: Frame): void {
    if (frame.keyframe) this.#begin(rendition);
    else if (this.#broken.has(rendition)) {
      this.#events.dropped();
      return;
    }
    if (!this.#socket.writableNeedDrain && this.#waiting.size === 0) this.#write(rendition, frame);
    else this.#wait(rendition, frame);
  }

  /** A keyframe replaces whatever waits. */
  #begin(rendition: number): void {
    this.#broken.delete(rendition);
    this.#dropWaiting(rendition);
  }

  #loseOldest(waiting: Queue): void {
    waiting.bytes -= waiting.frames.shift()?.bytes.length ?? 0;
    this.#events.dropped();
  }

  #dropWaiting(rendition: number): void {
    for (const _ of this.#waiting.get(rendition)?.frames ?? []) this.#events.dropped();
    this.#waiting.delete(rendition);
  }

  #wait(rendition: number, frame: Frame): void {
    const waiting = this.#waiting.get(rendition) ?? { frames: [], bytes: 0 };
    waiting.frames.push(frame);
    waiting.bytes += frame.bytes.length;
    this.#waiting.set(rendition, waiting);
    const { frames } = waiting;
    if (frame.width === 0) {
      // Sound: no piece needs another one, so only the oldest is lost.
      if (frames.length > mostWaiting) this.#loseOldest(waiting);
      return;
    }
    if (frames.length === 1 || (frames.length <= mostWaiting && waiting.bytes <= mostBytes)) return;
    this.#dropWaiting(rendition);
    this.#broken.add(rendition);
    this.#events.needsKeyframe(rendition);
  }

  /** Each Rendition in its turn, so that a long group of one does not keep the others waiting. */
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
    // What the system has taken at once leaves its memory to the next; else this one belongs to the socket.
    this.#memory = this.#socket.writableLength === 0 ? memory : nothing;
  }
}

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

/**
 * The capture process's end of the frame pipe. Of a Rendition whose pictures stand alone at most one waits, the newest.
 * Where pictures build on each other a lost one costs all up to the next keyframe, so some may wait; if there are too
 * many all of them are dropped.
 */
export class FramePipe {
  readonly #socket: Writable;
  readonly #waiting = new Map<number, Frame[]>();
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
    for (const _ of this.#waiting.get(rendition) ?? []) this.#events.dropped();
    this.#waiting.delete(rendition);
  }

  #wait(rendition: number, frame: Frame): void {
    const waiting = this.#waiting.get(rendition) ?? [];
    waiting.push(frame);
    this.#waiting.set(rendition, waiting);
    const bytes = waiting.reduce((sum, each) => sum + each.bytes.length, 0);
    if (waiting.length === 1 || (waiting.length <= mostWaiting && bytes <= mostBytes)) return;
    for (const _ of waiting) this.#events.dropped();
    this.#waiting.delete(rendition);
    this.#broken.add(rendition);
    this.#events.needsKeyframe(rendition);
  }

  /** Each Rendition in its turn, so that a long group of one does not keep the others waiting. */
  #sendWaiting(): void {
    while (this.#waiting.size > 0) {
      for (const [rendition, [frame, ...rest]] of this.#waiting) {
        if (this.#socket.writableNeedDrain) return;
        if (rest.length === 0) this.#waiting.delete(rendition);
        else this.#waiting.set(rendition, rest);
        if (frame !== undefined) this.#write(rendition, frame);
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

import type { Frame } from '../domain/frame.ts';
import type { Row, RowWire, RowWriter } from './viewer.ts';
import type { FrameWriter } from './frame-writer.ts';
import { isClear } from './batch-send/connection.ts';
import { sendBatch, type Outlet } from './batch-send/outlet.ts';

/** How frames that stand alone look on a wire. Their bytes are shared by all viewers, who are served in a row. */
export class FrameWire implements RowWire {
  /** The bytes of a frame; called for every viewer, so it shares its work. */
  readonly bytes: (frame: Frame) => Buffer;

  constructor(bytes: (frame: Frame) => Buffer) {
    this.bytes = bytes;
  }

  row(writers: readonly RowWriter[]): Row {
    // Each has this wire, and so is one of these.
    return new FrameRow(this, writers as readonly FrameWriter[]);
  }
}

/** Viewers of one wire in a row: those whose line is clear are sent a frame without a look at any object of theirs. */
class FrameRow implements Row {
  readonly #wire: FrameWire;
  readonly #writers: readonly FrameWriter[];
  readonly #outlets: readonly Outlet[];
  /** Of each viewer's line, see {@link isClear}. */
  readonly #descriptors: Int32Array;
  readonly #numbers: Float64Array;
  /** How many frames each was sent here. */
  readonly #sent: Uint32Array;

  constructor(wire: FrameWire, writers: readonly FrameWriter[]) {
    this.#wire = wire;
    this.#writers = writers;
    this.#outlets = writers.map(({ outlet }) => outlet);
    this.#descriptors = Int32Array.from(this.#outlets, ({ line }) => line.descriptor);
    this.#numbers = Float64Array.from(this.#outlets, ({ line }) => line.number);
    this.#sent = new Uint32Array(writers.length);
  }

  get length(): number {
    return this.#writers.length;
  }

  offer(frame: Frame, first: number): void {
    const bytes = this.#wire.bytes(frame);
    this.#send(frame, bytes, first, this.length);
    this.#send(frame, bytes, 0, first);
  }

  end(): void {
    for (const [at, writer] of this.#writers.entries()) writer.sent += this.#sent[at] as number;
    this.#sent.fill(0);
  }

  #send(frame: Frame, bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      const descriptor = this.#descriptors[at] as number;
      sendBatch.settle(descriptor);
      if (sendBatch.works && isClear(descriptor, this.#numbers[at] as number)) {
        sendBatch.add(descriptor, this.#outlets[at] as Outlet, bytes);
        (this.#sent[at] as number) += 1;
      } else {
        this.#writers[at]?.write(frame);
      }
    }
  }
}

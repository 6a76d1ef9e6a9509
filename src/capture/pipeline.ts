import { AV_CODEC_ID_MJPEG } from 'node-av/constants';
import type { Frame as RawFrame, Packet } from 'node-av/lib';
import type { DropReason, FromCapture, WantedRendition } from '../channel/messages.ts';
import type { Frame } from '../domain/frame.ts';
import { inspectJpeg, withoutRanges } from '../domain/jpeg.ts';
import { Decoder } from './decoder.ts';
import { standardHuffmanTables, withTables } from './huffman-tables.ts';
import { Renditions } from './renditions.ts';
import type { Captured, OpenSource } from './source.ts';

/** What a {@link Pipeline} tells whoever runs it. */
export interface PipelineOutput {
  /** A picture for a Rendition. */
  frame(rendition: number, frame: Frame): void;
  /** `ready` once, then `changed` and `stats`. */
  report(message: Extract<FromCapture, { type: 'ready' | 'changed' | 'stats' }>): void;
}

/** A picture on its way to the encoders. */
type Waiting = { readonly captured: Captured; readonly sequence: number };

/**
 * One open source turned into Frames. Reading never waits for encoding: an MJPEG camera's pictures go out as they come,
 * and the encoders take the newest picture there is when they are free.
 */
export class Pipeline {
  readonly #source: OpenSource;
  readonly #output: PipelineOutput;
  readonly #renditions: Renditions;
  readonly #passthrough: boolean;
  #decoder: Decoder | null = null;
  #waiting: Waiting | null = null;
  #encoding: Promise<void> | null = null;
  #encoderError: unknown = null;
  #huffmanTables: Buffer | null = null;
  #size: { width: number; height: number };
  #sequence = 0;
  #captured = 0;
  #dropped: Partial<Record<DropReason, number>> = {};
  #ready = false;

  constructor(source: OpenSource, output: PipelineOutput) {
    this.#source = source;
    this.#output = output;
    this.#size = source.picture;
    this.#renditions = new Renditions(source.picture);
    this.#passthrough = source.codecParameters?.codecId === AV_CODEC_ID_MJPEG;
  }

  /** Sets the Renditions in demand, at any time. */
  want(renditions: readonly WantedRendition[]): void {
    this.#renditions.want(renditions);
  }

  /**
   * Reads pictures until the source fails.
   *
   * @throws {PortholeError} why it did.
   */
  async run(): Promise<never> {
    const parameters = this.#source.codecParameters;
    if (parameters !== null) this.#decoder = await Decoder.open(parameters);
    const statistics = setInterval(() => this.#reportStatistics(), 1_000);
    try {
      for (;;) {
        await this.#take(await this.#source.read());
        if (this.#encoderError !== null) throw this.#encoderError;
      }
    } finally {
      clearInterval(statistics);
      await this.#close();
    }
  }

  /** Counts a picture that did not reach the server. */
  countDrop(reason: DropReason): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
  }

  async #take(captured: Captured): Promise<void> {
    this.#captured += 1;
    this.#sequence += 1;
    if (captured.kind === 'packet' && this.#passthrough) await this.#takeJpeg(captured);
    else if (captured.kind === 'packet' && !this.#source.intraOnly) await this.#takeInterCoded(captured);
    else this.#encode({ captured, sequence: this.#sequence });
  }

  /** An MJPEG camera's picture: out as it is, and to the encoders if somebody wants it smaller. */
  async #takeJpeg(captured: Extract<Captured, { kind: 'packet' }>): Promise<void> {
    const data = captured.packet.data;
    const layout = data === null ? null : inspectJpeg(data);
    if (data === null || layout === null) {
      captured.packet.free();
      this.countDrop('corrupt');
      return;
    }
    this.#noteSize(layout);
    const ids = this.#renditions.sourceIds;
    if (ids.length > 0) {
      // A copy of what is shown: the packet's memory goes back to FFmpeg.
      let bytes = withoutRanges(Buffer.from(data.subarray(0, layout.length)), layout.thumbnails);
      if (!layout.hasHuffmanTables) {
        this.#huffmanTables ??= await standardHuffmanTables();
        bytes = withTables(bytes, this.#huffmanTables);
      }
      const { capturedAt } = captured;
      const { width, height } = layout;
      const frame = { bytes, sequence: this.#sequence, capturedAt, keyframe: true, width, height };
      for (const id of ids) this.#output.frame(id, frame);
    }
    if (this.#renditions.scales) this.#encode({ captured, sequence: this.#sequence });
    else captured.packet.free();
  }

  /** A picture that later ones build on: every one must be decoded, whether it is shown or not. */
  async #takeInterCoded({ packet, capturedAt }: { packet: Packet; capturedAt: number }): Promise<void> {
    const frame = await (this.#decoder as Decoder).decode(packet);
    packet.free();
    if (frame !== null) this.#encode({ captured: { kind: 'frame', frame, capturedAt }, sequence: this.#sequence });
  }

  /** Hands a picture to the encoders; if they are busy it waits, and replaces one that waited. */
  #encode(waiting: Waiting): void {
    if (this.#waiting !== null) {
      release(this.#waiting.captured);
      this.countDrop('encoder');
    }
    this.#waiting = waiting;
    this.#encoding ??= this.#encodeWaiting()
      .catch((error: unknown) => {
        this.#encoderError = error;
      })
      .finally(() => {
        this.#encoding = null;
      });
  }

  async #encodeWaiting(): Promise<void> {
    for (;;) {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting === null) return;
      const { captured, sequence } = waiting;
      const frame = captured.kind === 'frame' ? captured.frame : await this.#decodeIntra(captured.packet);
      if (frame === null) {
        this.countDrop('corrupt');
        continue;
      }
      try {
        if (!this.#passthrough) this.#noteSize(frame);
        for (const { ids, bytes, width, height } of await this.#renditions.encode(frame, !this.#passthrough)) {
          const picture = { bytes, sequence, capturedAt: captured.capturedAt, keyframe: true, width, height };
          for (const id of ids) this.#output.frame(id, picture);
        }
      } finally {
        frame.free();
      }
    }
  }

  async #decodeIntra(packet: Packet): Promise<RawFrame | null> {
    try {
      return await (this.#decoder as Decoder).decode(packet);
    } finally {
      packet.free();
    }
  }

  /** Tells the size of the pictures: when the first one is here, and when it changes. */
  #noteSize({ width, height }: { width: number; height: number }): void {
    const changed = width !== this.#size.width || height !== this.#size.height;
    if (this.#ready && !changed) return;
    this.#size = { width, height };
    this.#renditions.resize(this.#size);
    this.#output.report({ type: this.#ready ? 'changed' : 'ready', picture: { ...this.#source.picture, width, height } });
    this.#ready = true;
  }

  #reportStatistics(): void {
    this.#output.report({ type: 'stats', captured: this.#captured, dropped: this.#dropped });
    this.#captured = 0;
    this.#dropped = {};
  }

  async #close(): Promise<void> {
    await this.#encoding;
    if (this.#waiting !== null) release(this.#waiting.captured);
    this.#renditions[Symbol.dispose]();
    this.#decoder?.[Symbol.dispose]();
    this.#reportStatistics();
  }
}

function release(captured: Captured): void {
  if (captured.kind === 'packet') captured.packet.free();
  else captured.frame.free();
}

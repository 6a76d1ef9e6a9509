import { AV_CODEC_ID_MJPEG } from 'node-av/constants';
import { Packet } from 'node-av/lib';
import type { Frame as RawFrame } from 'node-av/lib';
import type { DropReason, FromCapture, WantedRendition } from '../channel/messages.ts';
import { PassingMemory } from '../channel/passing-memory.ts';
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

/** A picture on its way to the encoders: raw, or to be decoded first. */
interface Waiting {
  readonly picture: RawFrame | Buffer;
  readonly capturedAt: number;
  readonly sequence: number;
}

/**
 * One open source turned into Frames. Reading never waits for encoding: an MJPEG camera's pictures go out as they come,
 * and the encoders take the newest picture there is when they are free.
 */
export class Pipeline {
  readonly #source: OpenSource;
  readonly #output: PipelineOutput;
  readonly #renditions: Renditions;
  readonly #passthrough: boolean;
  readonly #memory = new PassingMemory();
  #decoder: Decoder | null = null;
  #waiting: Waiting | null = null;
  #encoding: Promise<void> | null = null;
  #encoderError: Error | null = null;
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
    const { capturedAt } = captured;
    const sequence = this.#sequence;
    if (captured.kind === 'frame') this.#encode({ picture: captured.frame, capturedAt, sequence });
    else if (this.#source.intraOnly) await this.#takeIntra(captured.packet, capturedAt);
    else {
      // Later pictures build on this one: it must be decoded, whether it is shown or not.
      const frame = await (this.#decoder as Decoder).decode(captured.packet);
      captured.packet.free();
      if (frame !== null) this.#encode({ picture: frame, capturedAt, sequence });
    }
  }

  /**
   * A picture that stands alone. Its packet is freed at once: a driver has few buffers, and wants each back before the
   * next picture.
   */
  async #takeIntra(packet: Packet, capturedAt: number): Promise<void> {
    const data = packet.data ?? Buffer.alloc(0); // a copy, made by node-av
    packet.free();
    this.#memory.took(data.length);
    const sequence = this.#sequence;
    if (!this.#passthrough) {
      this.#encode({ picture: data, capturedAt, sequence });
      return;
    }
    const layout = inspectJpeg(data);
    if (layout === null) {
      this.countDrop('corrupt');
      return;
    }
    const jpeg = withoutRanges(data.subarray(0, layout.length), layout.thumbnails);
    this.#noteSize(layout);
    const ids = this.#renditions.sourceIds;
    if (ids.length > 0) {
      if (!layout.hasHuffmanTables) this.#huffmanTables ??= await standardHuffmanTables();
      const bytes = layout.hasHuffmanTables ? jpeg : withTables(jpeg, this.#huffmanTables as Buffer);
      const { width, height } = layout;
      const frame = { bytes, sequence, capturedAt, keyframe: true, width, height };
      for (const id of ids) this.#output.frame(id, frame);
    }
    if (this.#renditions.scales) this.#encode({ picture: jpeg, capturedAt, sequence });
  }

  /** Hands a picture to the encoders; if they are busy it waits, and replaces one that waited. */
  #encode(waiting: Waiting): void {
    if (this.#waiting !== null) {
      release(this.#waiting);
      this.countDrop('encoder');
    }
    this.#waiting = waiting;
    this.#encoding ??= this.#encodeWaiting()
      .catch((error: unknown) => {
        this.#encoderError = error instanceof Error ? error : new Error(String(error));
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
      const { picture, sequence, capturedAt } = waiting;
      const frame = Buffer.isBuffer(picture) ? await this.#decode(picture) : picture;
      if (frame === null) {
        this.countDrop('corrupt');
        continue;
      }
      try {
        if (!this.#passthrough) this.#noteSize(frame);
        for (const { ids, bytes, width, height } of await this.#renditions.encode(frame, !this.#passthrough)) {
          for (const id of ids) this.#output.frame(id, { bytes, sequence, capturedAt, keyframe: true, width, height });
        }
      } finally {
        frame.free();
      }
    }
  }

  async #decode(bytes: Buffer): Promise<RawFrame | null> {
    using packet = new Packet();
    packet.alloc();
    packet.data = bytes;
    return await (this.#decoder as Decoder).decode(packet);
  }

  /** Tells the size of the pictures: when the first one is here, and when it changes. */
  #noteSize({ width, height }: { width: number; height: number }): void {
    const changed = width !== this.#size.width || height !== this.#size.height;
    if (this.#ready && !changed) return;
    this.#size = { width, height };
    this.#renditions.resize(this.#size);
    this.#output.report({
      type: this.#ready ? 'changed' : 'ready',
      picture: { ...this.#source.picture, width, height },
    });
    this.#ready = true;
  }

  #reportStatistics(): void {
    this.#output.report({ type: 'stats', captured: this.#captured, dropped: this.#dropped });
    this.#captured = 0;
    this.#dropped = {};
  }

  async #close(): Promise<void> {
    await this.#encoding;
    if (this.#waiting !== null) release(this.#waiting);
    this.#renditions[Symbol.dispose]();
    this.#decoder?.[Symbol.dispose]();
    this.#reportStatistics();
  }
}

function release({ picture }: Waiting): void {
  if (!Buffer.isBuffer(picture)) picture.free();
}

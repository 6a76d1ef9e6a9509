import { AVERROR_EAGAIN } from 'node-av/constants';
import { Codec, CodecContext, Frame } from 'node-av/lib';
import type { CodecParameters, Packet } from 'node-av/lib';
import { PortholeError } from '../../domain/errors.ts';
import { describe } from '../ffmpeg-errors.ts';

/** Decodes the packets of one video stream into raw frames. */
export class Decoder implements Disposable {
  readonly #context: CodecContext;

  private constructor(context: CodecContext) {
    this.#context = context;
  }

  /** @throws {PortholeError} `source_not_video` for a codec that FFmpeg does not know. */
  static async open(parameters: CodecParameters): Promise<Decoder> {
    const codec = Codec.findDecoder(parameters.codecId);
    if (codec === null)
      throw new PortholeError('source_not_video', { detail: `no decoder for codec ${parameters.codecId}` });
    const context = new CodecContext();
    context.allocContext3(codec);
    context.parametersToContext(parameters);
    // One thread adds no delay; several would hold back as many pictures.
    context.threadCount = 1;
    const code = await context.open2(codec);
    if (code < 0) throw new PortholeError('source_not_video', { detail: describe(code) });
    return new Decoder(context);
  }

  /**
   * Decodes one packet.
   *
   * @returns the newest picture it completes, which the caller frees; null if it completes none or is damaged.
   */
  async decode(packet: Packet): Promise<Frame | null> {
    const sent = await this.#context.sendPacket(packet);
    if (sent < 0 && sent !== AVERROR_EAGAIN) return null;
    let newest: Frame | null = null;
    for (;;) {
      const frame = new Frame();
      frame.alloc();
      if ((await this.#context.receiveFrame(frame)) < 0) {
        frame.free();
        return newest;
      }
      newest?.free();
      newest = frame;
    }
  }

  /** Forgets the pictures before: what comes next begins with a keyframe, or is not shown until one comes. */
  restart(): void {
    this.#context.flushBuffers();
  }

  [Symbol.dispose](): void {
    this.#context.freeContext();
  }
}

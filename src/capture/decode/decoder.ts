import { AVERROR_EAGAIN, AV_CODEC_ID_MJPEG, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, CodecParameters, Frame, Packet } from 'node-av/lib';
import { PortholeError } from '../../domain/errors.ts';
import { describe } from '../ffmpeg-errors.ts';

/** Decodes the packets of one video stream into raw frames. */
export class Decoder implements Disposable {
  readonly #context: CodecContext;

  private constructor(context: CodecContext) {
    this.#context = context;
  }

  /** @throws {PortholeError} `source_not_video` if FFmpeg has no decoder for the codec. */
  static async open(parameters: CodecParameters): Promise<Decoder> {
    const codec = Codec.findDecoder(parameters.codecId);
    if (codec === null)
      throw new PortholeError('source_not_video', { detail: `no decoder for codec ${parameters.codecId}` });
    const context = new CodecContext();
    context.allocContext3(codec);
    context.parametersToContext(parameters);
    // One thread adds no delay; with N threads FFmpeg holds back up to N frames.
    context.threadCount = 1;
    const code = await context.open2(codec);
    if (code < 0) throw new PortholeError('source_not_video', { detail: describe(code) });
    return new Decoder(context);
  }

  /**
   * Decodes one packet.
   *
   * @returns the newest frame that the packet completes, which the caller frees; null if it completes none or is
   *   damaged
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

  /** Decodes the bytes of one packet, as {@link decode} does. */
  async decodeBytes(bytes: Buffer): Promise<Frame | null> {
    using packet = new Packet();
    packet.alloc();
    packet.data = bytes;
    // Awaited here, because the packet is freed when this function ends.
    return await this.decode(packet);
  }

  /** Discards the decoder's reference frames. The next packet should be a keyframe; nothing is output before one. */
  restart(): void {
    this.#context.flushBuffers();
  }

  [Symbol.dispose](): void {
    this.#context.freeContext();
  }
}

/** The parameters for decoding JPEGs of any size. */
export function jpegParameters(): CodecParameters {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = AV_CODEC_ID_MJPEG;
  return parameters;
}

import { AVERROR_EAGAIN, AVERROR_PATCHWELCOME, AV_CODEC_ID_MJPEG, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, CodecParameters, Dictionary, Frame, Packet } from 'node-av/lib';
import { cameraLimits, refuseSize } from '../../domain/cameras/camera-limits.ts';
import { PortholeError } from '../../domain/errors.ts';
import { describe } from '../ffmpeg-errors.ts';

/** The result of decoding one packet. */
export interface Decoded {
  /** The newest frame that the packet completes, which the caller frees; null if it completes none. */
  readonly frame: Frame | null;
  /** Why the packet is rejected: `video_damaged`, `video_unsupported` or `source_beyond_limits`; null if it is not. */
  readonly error: PortholeError | null;
}

/** Decodes the packets of one video stream into raw frames. */
export class Decoder implements Disposable {
  readonly #context: CodecContext;

  private constructor(context: CodecContext) {
    this.#context = context;
  }

  /** @throws {PortholeError} `video_unsupported` if FFmpeg cannot decode the codec. */
  static async open(parameters: CodecParameters): Promise<Decoder> {
    const codec = Codec.findDecoder(parameters.codecId);
    if (codec === null)
      throw new PortholeError('video_unsupported', { detail: `no decoder for codec ${parameters.codecId}` });
    const context = new CodecContext();
    context.allocContext3(codec);
    context.parametersToContext(parameters);
    // One thread adds no delay; with N threads FFmpeg holds back up to N frames.
    context.threadCount = 1;
    using options = Dictionary.fromObject({ max_pixels: String(cameraLimits.pixels) });
    const code = await context.open2(codec, options);
    if (code < 0) throw new PortholeError('video_unsupported', { detail: describe(code) });
    return new Decoder(context);
  }

  /** Decodes one packet. */
  async decode(packet: Packet): Promise<Decoded> {
    const sent = await this.#context.sendPacket(packet);
    if (sent < 0 && sent !== AVERROR_EAGAIN) return { frame: null, error: this.#rejection(sent) };
    let newest: Frame | null = null;
    for (;;) {
      const frame = new Frame();
      frame.alloc();
      const received = await this.#context.receiveFrame(frame);
      if (received < 0) {
        frame.free();
        return { frame: newest, error: received === AVERROR_EAGAIN ? null : this.#rejection(received) };
      }
      newest?.free();
      newest = frame;
    }
  }

  /** Explains FFmpeg's error code for a packet. */
  #rejection(code: number): PortholeError {
    return refuseSize(this.#context) ?? rejection(code);
  }

  /** Decodes the bytes of one packet, as {@link decode} does. */
  async decodeBytes(bytes: Buffer): Promise<Decoded> {
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

/** Explains FFmpeg's error code for a packet. */
function rejection(code: number): PortholeError {
  const problem = code === AVERROR_PATCHWELCOME ? 'video_unsupported' : 'video_damaged';
  return new PortholeError(problem, { detail: describe(code) });
}

/** The parameters for decoding JPEGs of any size. */
export function jpegParameters(): CodecParameters {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = AV_CODEC_ID_MJPEG;
  return parameters;
}

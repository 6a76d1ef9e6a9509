import {
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_QSCALE,
  AV_CODEC_ID_MJPEG,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Packet, Rational } from 'node-av/lib';
import type { Frame } from 'node-av/lib';
import { PortholeError } from '../../domain/errors.ts';
import type { Encoded, Encoder } from './encoder.ts';
import { describe } from '../ffmpeg-errors.ts';
import { Scaler } from './scaler.ts';

/** FFmpeg's quantiser for JPEG, from 2 (best) to 31. 4 is about quality 85 of libjpeg. */
const quantiser = 4;
/** FF_QP2LAMBDA (libavutil/avutil.h): converts a quantiser to the unit of `quality`. */
const lambda = 118;

/** Scales raw frames to one size and encodes them as JPEG (full range, 4:2:0). */
export class JpegEncoder implements Encoder {
  readonly width: number;
  readonly height: number;
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly #scaler: Scaler;
  #count = 0n;

  private constructor(context: CodecContext) {
    this.#context = context;
    this.width = context.width;
    this.height = context.height;
    this.#packet.alloc();
    const { width, height } = context;
    this.#scaler = new Scaler({ width, height, format: AV_PIX_FMT_YUVJ420P, range: AVCOL_RANGE_JPEG });
  }

  /**
   * @param options options of the encoder, by FFmpeg's names
   * @throws {PortholeError} `video_unsupported` when FFmpeg cannot open it.
   */
  static async open(width: number, height: number, options: Record<string, string> = {}): Promise<JpegEncoder> {
    const codec = Codec.findEncoder(AV_CODEC_ID_MJPEG);
    if (codec === null) throw new Error('FFmpeg was built without its JPEG encoder');
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = width;
    context.height = height;
    context.pixelFormat = AV_PIX_FMT_YUVJ420P;
    context.colorRange = AVCOL_RANGE_JPEG;
    context.timeBase = new Rational(1, 1_000);
    context.threadCount = 1;
    context.setFlags(AV_CODEC_FLAG_QSCALE, AV_CODEC_FLAG_BITEXACT);
    context.globalQuality = quantiser * lambda;
    using dictionary = Dictionary.fromObject(options);
    const code = await context.open2(codec, dictionary);
    if (code < 0) throw refused(code);
    return new JpegEncoder(context);
  }

  async encode(frame: Frame): Promise<Encoded | null> {
    const scaled = await this.#scaler.fit(frame);
    scaled.pts = this.#count++;
    scaled.quality = quantiser * lambda;
    scaled.pictType = AV_PICTURE_TYPE_NONE;
    const sent = await this.#context.sendFrame(scaled);
    const code = sent < 0 ? sent : await this.#context.receivePacket(this.#packet);
    if (code < 0) throw refused(code);
    const bytes = this.#packet.data === null ? null : Buffer.from(this.#packet.data);
    this.#packet.unref();
    return bytes === null ? null : { bytes, keyframe: true };
  }

  [Symbol.dispose](): void {
    this.#scaler[Symbol.dispose]();
    this.#packet.free();
    this.#context.freeContext();
  }
}

function refused(code: number): PortholeError {
  return new PortholeError('video_unsupported', { detail: `JPEG encoder: ${describe(code)}` });
}

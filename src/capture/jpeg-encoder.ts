import {
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_QSCALE,
  AV_CODEC_ID_MJPEG,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational, SoftwareScaleContext } from 'node-av/lib';
import { PortholeError } from '../domain/errors.ts';
import { describe } from './ffmpeg-errors.ts';

/** FFmpeg's quantiser for JPEG, from 2 (best) to 31; 4 is about libjpeg's quality 85. */
const quantiser = 4;
/** FF_QP2LAMBDA (libavutil/avutil.h): a quantiser in the unit of `quality`. */
const lambda = 118;

/** Scales raw frames to one size and encodes them as JPEG (full range, 4:2:0). */
export class JpegEncoder implements Disposable {
  readonly width: number;
  readonly height: number;
  readonly #context: CodecContext;
  readonly #scaled = new Frame();
  readonly #packet = new Packet();
  #scaler: SoftwareScaleContext | null = null;
  /** Size and format of the frames that the scaler was made for. */
  #scalerInput = '';
  #count = 0n;

  private constructor(context: CodecContext) {
    this.#context = context;
    this.width = context.width;
    this.height = context.height;
    this.#packet.alloc();
  }

  /** @param options FFmpeg's options of the encoder */
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
    if (code < 0) throw new PortholeError('camera_failed', { detail: `JPEG encoder: ${describe(code)}` });
    return new JpegEncoder(context);
  }

  /**
   * Encodes one frame of any size and pixel format.
   *
   * @returns a whole JPEG, or null if this frame cannot be encoded.
   */
  async encode(frame: Frame): Promise<Buffer | null> {
    const fits = frame.width === this.width && frame.height === this.height && frame.format === AV_PIX_FMT_YUVJ420P;
    const picture = fits ? frame : await this.#scale(frame);
    if (picture === null) return null;
    picture.pts = this.#count++;
    picture.quality = quantiser * lambda;
    picture.pictType = 0 as never;
    if ((await this.#context.sendFrame(picture)) < 0) return null;
    if ((await this.#context.receivePacket(this.#packet)) < 0) return null;
    const bytes = this.#packet.data === null ? null : Buffer.from(this.#packet.data);
    this.#packet.unref();
    return bytes;
  }

  async #scale(frame: Frame): Promise<Frame | null> {
    const input = `${frame.width}x${frame.height}:${frame.format}`;
    if (input !== this.#scalerInput) {
      this.#scaler?.freeContext();
      this.#scaler = new SoftwareScaleContext();
      this.#scaler.allocContext();
      this.#scalerInput = input;
    }
    const scaled = this.#scaled;
    scaled.alloc();
    scaled.width = this.width;
    scaled.height = this.height;
    scaled.format = AV_PIX_FMT_YUVJ420P;
    scaled.colorRange = AVCOL_RANGE_JPEG;
    scaled.allocBuffer();
    const code = await (this.#scaler as SoftwareScaleContext).scaleFrame(scaled, frame);
    return code < 0 ? null : scaled;
  }

  [Symbol.dispose](): void {
    this.#scaler?.freeContext();
    this.#scaled.free();
    this.#packet.free();
    this.#context.freeContext();
  }
}

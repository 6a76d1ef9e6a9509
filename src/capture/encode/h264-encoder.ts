import { availableParallelism } from 'node:os';
import {
  AVERROR_EAGAIN,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AVCOL_PRI_BT709,
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_BT709,
  AVCOL_TRC_UNSPECIFIED,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Packet, Rational } from 'node-av/lib';
import type { AVPixelFormat } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import { nalUnits, type ParameterSets, parameterSetsOf, withParameterSets } from '../../formats/h264/h264.ts';
import type { Encoded, Encoder } from './encoder.ts';
import { describe } from '../ffmpeg-errors.ts';
import { FrameUpload } from './frame-upload.ts';
import type { H264Backend } from './h264-backends.ts';
import { KeyframePolicy } from './keyframe-policy.ts';
import { Scaler } from './scaler.ts';

/** Ticks of the encoder's clock in a millisecond: 90 kHz. */
const ticks = 90;

/** The rate that a source is taken to have while it tells none, in frames per second. */
const defaultFps = 30;

/** Pixels. */
export interface EncoderSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Scales raw frames to one size and encodes them as H.264 (4:2:0, limited range), each access unit in Annex B.
 * Constrained baseline is what every browser plays, over MSE and over WebRTC alike.
 */
export class H264Encoder implements Encoder {
  readonly width: number;
  readonly height: number;
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly #scaler: Scaler;
  readonly #upload: FrameUpload | null;
  readonly #keyframes = new KeyframePolicy();
  /** The parameter sets, for encoders that tell them only once. */
  #sets: ParameterSets | null = null;
  #lastStamp = -1n;

  private constructor(context: CodecContext, format: AVPixelFormat, upload: FrameUpload | null) {
    this.#context = context;
    this.#upload = upload;
    this.width = context.width;
    this.height = context.height;
    this.#packet.alloc();
    const { width, height, colorSpace: space } = context;
    this.#scaler = new Scaler({ width, height, format, range: AVCOL_RANGE_MPEG, space });
  }

  /**
   * @param size in pixels; odd ones become the next lower even ones
   * @param fps the source's rate as far as it is known
   * @param like a frame of the source, whose colours the encoder tells players
   * @throws {Error} when this encoder cannot be used here.
   */
  static async open(size: EncoderSize, fps: number | null, like: Frame, backend: H264Backend): Promise<H264Encoder> {
    const codec = Codec.findEncoderByName(backend.encoder);
    if (codec === null) throw new Error('this FFmpeg does not have it');
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = even(size.width);
    context.height = even(size.height);
    context.pixelFormat = backend.format;
    tellColours(context, like);
    context.timeBase = new Rational(1, 1_000 * ticks);
    context.framerate = new Rational(Math.max(1, Math.round(fps ?? defaultFps)), 1);
    context.maxBFrames = 0;
    // The policy below says when; this is only so that x264 itself does not.
    context.gopSize = 1_000_000;
    context.threadCount = threadsFor(context);
    const rate = mostBits(context, fps ?? defaultFps);
    context.rcMaxRate = BigInt(rate);
    // Half a second: a keyframe may be large, and yet does not stop up a thin line for long.
    context.rcBufferSize = Math.round(rate / 2);
    // x264 goes by quality, and only keeps to the most; the others go by the rate.
    if (backend.encoder !== FF_ENCODER_LIBX264) context.bitRate = BigInt(Math.round(rate * 0.7));
    let upload: FrameUpload | null = null;
    try {
      upload = backend.device === undefined ? null : FrameUpload.open(backend.device, backend.format, context);
      using dictionary = Dictionary.fromObject({ ...backend.options });
      const code = await context.open2(codec, dictionary);
      if (code < 0) throw new Error(describe(code));
      return new H264Encoder(context, backend.format, upload);
    } catch (error) {
      upload?.[Symbol.dispose]();
      context.freeContext();
      throw error;
    }
  }

  requestKeyframe(): void {
    this.#keyframes.request();
  }

  async encode(frame: Frame, capturedAt: number): Promise<Encoded | null> {
    const scaled = await this.#scaler.fit(frame);
    if (scaled === null) return null;
    const picture = this.#upload === null ? scaled : await this.#upload.take(scaled);
    if (picture === null) throw new Error('pictures do not reach it');
    const stamp = BigInt(Math.round(capturedAt * ticks));
    this.#lastStamp = stamp > this.#lastStamp ? stamp : this.#lastStamp + 1n;
    picture.pts = this.#lastStamp;
    // A decoded frame says what it was; that must not be taken for a wish.
    picture.pictType = this.#keyframes.isDue(capturedAt) ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    // One that takes no picture before an earlier one is fetched loses this one.
    expectSuccess(await this.#context.sendFrame(picture));
    if (!expectSuccess(await this.#context.receivePacket(this.#packet))) return null;
    const keyframe = this.#packet.isKeyframe;
    const bytes = this.#packet.data === null ? null : Buffer.from(this.#packet.data);
    this.#packet.unref();
    if (bytes === null) return null;
    if (!keyframe) return { bytes, keyframe };
    this.#keyframes.made(capturedAt);
    const units = nalUnits(bytes);
    this.#sets = parameterSetsOf(units) ?? this.#sets;
    return { bytes: this.#sets === null ? bytes : withParameterSets(bytes, units, this.#sets), keyframe };
  }

  [Symbol.dispose](): void {
    this.#scaler[Symbol.dispose]();
    this.#packet.free();
    this.#context.freeContext();
    this.#upload?.[Symbol.dispose]();
  }
}

/**
 * False where FFmpeg says "not now".
 *
 * @throws {Error} in its words, where it says that something failed.
 */
function expectSuccess(code: number): boolean {
  if (code < 0 && code !== AVERROR_EAGAIN) throw new Error(describe(code));
  return code >= 0;
}

/**
 * Says how the colours are to be read, as the source has them. A source that says nothing is a camera's: those use the
 * matrix of ITU-R BT.601 and the colours of sRGB, as JPEG does. All three must be told, since Chromium believes none of
 * them otherwise.
 */
function tellColours(context: CodecContext, { colorSpace, colorPrimaries, colorTrc }: Frame): void {
  const isYuv = colorSpace !== AVCOL_SPC_UNSPECIFIED && colorSpace !== AVCOL_SPC_RGB;
  context.colorRange = AVCOL_RANGE_MPEG;
  context.colorSpace = isYuv ? colorSpace : AVCOL_SPC_SMPTE170M;
  context.colorPrimaries = colorPrimaries === AVCOL_PRI_UNSPECIFIED ? AVCOL_PRI_BT709 : colorPrimaries;
  context.colorTrc = colorTrc === AVCOL_TRC_UNSPECIFIED ? AVCOL_TRC_BT709 : colorTrc;
}

/**
 * The most bits per second of a picture: 2.8 million for 1280 × 720 at 30 frames per second. Smaller pictures get more
 * for each pixel, since each shows more, and fast ones less for each frame, since frames resemble each other more.
 */
function mostBits({ width, height }: { readonly width: number; readonly height: number }, fps: number): number {
  return Math.round(2_800_000 * ((width * height) / (1_280 * 720)) ** 0.75 * (fps / 30) ** 0.5);
}

/** Up to 720p one thread is enough; more would take cores from others, and cost bits. */
function threadsFor({ width, height }: { readonly width: number; readonly height: number }): number {
  return width * height <= 1_280 * 720 ? 1 : Math.min(4, Math.max(1, availableParallelism() >> 1));
}

function even(pixels: number): number {
  return Math.max(2, pixels - (pixels % 2));
}

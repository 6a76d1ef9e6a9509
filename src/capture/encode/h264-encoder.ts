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
import type { Size } from '../../domain/media/size.ts';
import type { Encoded, Encoder } from './encoder.ts';
import { describe } from '../ffmpeg-errors.ts';
import { FrameUpload } from './frame-upload.ts';
import type { H264Backend } from './h264-backends.ts';
import { KeyframePolicy } from './keyframe-policy.ts';
import { Scaler } from './scaler.ts';

/** Ticks of the encoder's 90 kHz clock per millisecond. */
const ticks = 90;

/** The assumed frame rate of a source that announces none, in frames per second. */
const defaultFps = 30;

/**
 * Scales raw frames to one size and encodes them as H.264: Constrained Baseline profile, 4:2:0, limited range, access
 * units in Annex B format. Every browser plays this profile, over both MSE and WebRTC.
 */
export class H264Encoder implements Encoder {
  readonly width: number;
  readonly height: number;
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly #scaler: Scaler;
  readonly #upload: FrameUpload | null;
  readonly #keyframes = new KeyframePolicy();
  /** The latest parameter sets, for encoders that output them only once. */
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
   * @param size odd sizes are rounded down to even ones, as 4:2:0 requires
   * @param fps the source's frame rate; null if it is unknown
   * @param like a frame of the source; its colour space is written into the stream
   * @throws {Error} when this encoder is not available on this machine.
   */
  static async open(size: Size, fps: number | null, like: Frame, backend: H264Backend): Promise<H264Encoder> {
    const codec = Codec.findEncoderByName(backend.encoder);
    if (codec === null) throw new Error('FFmpeg was built without it');
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = even(size.width);
    context.height = even(size.height);
    context.pixelFormat = backend.format;
    setColours(context, like);
    context.timeBase = new Rational(1, 1_000 * ticks);
    context.framerate = new Rational(Math.max(1, Math.round(fps ?? defaultFps)), 1);
    context.maxBFrames = 0;
    // KeyframePolicy decides when keyframes are made; this keeps the encoder from making others.
    context.gopSize = 1_000_000;
    context.threadCount = threadsFor(context);
    const rate = maxBitrate(context, fps ?? defaultFps);
    context.rcMaxRate = BigInt(rate);
    // Half a second of bitrate: keyframes may be large, but do not block a slow connection for long.
    context.rcBufferSize = Math.round(rate / 2);
    // x264 encodes for constant quality below the maximum bitrate; the others need a target bitrate.
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
    const input = this.#upload === null ? scaled : await this.#upload.upload(scaled);
    if (input === null) throw new Error('the frame could not be uploaded');
    const stamp = BigInt(Math.round(capturedAt * ticks));
    this.#lastStamp = stamp > this.#lastStamp ? stamp : this.#lastStamp + 1n;
    input.pts = this.#lastStamp;
    // A decoded frame still has its own type, which the encoder would take as a request.
    input.pictType = this.#keyframes.isDue(capturedAt) ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    // An encoder that takes no frame before its last packet is read drops this frame.
    expectSuccess(await this.#context.sendFrame(input));
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
 * Checks FFmpeg's return code.
 *
 * @returns false for EAGAIN
 * @throws {Error} with FFmpeg's message for any other error.
 */
function expectSuccess(code: number): boolean {
  if (code < 0 && code !== AVERROR_EAGAIN) throw new Error(describe(code));
  return code >= 0;
}

/**
 * Writes the source's colour space into the stream. If the source does not specify one, it is a camera's: the matrix of
 * ITU-R BT.601 with the primaries and transfer function of sRGB, as in JPEG. Chromium ignores all three values unless
 * all three are set.
 */
function setColours(context: CodecContext, { colorSpace, colorPrimaries, colorTrc }: Frame): void {
  const isYuv = colorSpace !== AVCOL_SPC_UNSPECIFIED && colorSpace !== AVCOL_SPC_RGB;
  context.colorRange = AVCOL_RANGE_MPEG;
  context.colorSpace = isYuv ? colorSpace : AVCOL_SPC_SMPTE170M;
  context.colorPrimaries = colorPrimaries === AVCOL_PRI_UNSPECIFIED ? AVCOL_PRI_BT709 : colorPrimaries;
  context.colorTrc = colorTrc === AVCOL_TRC_UNSPECIFIED ? AVCOL_TRC_BT709 : colorTrc;
}

/**
 * The maximum bitrate in bits per second: 2.8 Mbit/s for 1280 × 720 at 30 frames per second. Small frames get more bits
 * per pixel, because each pixel shows more detail; high frame rates get fewer bits per frame, because consecutive
 * frames are more alike.
 */
function maxBitrate({ width, height }: Size, fps: number): number {
  return Math.round(2_800_000 * ((width * height) / (1_280 * 720)) ** 0.75 * (fps / 30) ** 0.5);
}

/** Up to 720p one thread is enough. More threads would take cores from other cameras, and compress less well. */
function threadsFor({ width, height }: Size): number {
  return width * height <= 1_280 * 720 ? 1 : Math.min(4, Math.max(1, availableParallelism() >> 1));
}

function even(pixels: number): number {
  return Math.max(2, pixels - (pixels % 2));
}

import { availableParallelism } from 'node:os';
import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_BT709,
  AVCOL_TRC_UNSPECIFIED,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Packet, Rational } from 'node-av/lib';
import type { Frame } from 'node-av/lib';
import { PortholeError } from '../domain/errors.ts';
import type { Encoded, Encoder } from './encoder.ts';
import { describe } from './ffmpeg-errors.ts';
import { KeyframePolicy } from './keyframe-policy.ts';
import { Scaler } from './scaler.ts';

/** Ticks of the encoder's clock in a millisecond: 90 kHz. */
const ticks = 90;

/** The rate that a source is taken to have while it tells none, in frames per second. */
const defaultFps = 30;

/**
 * x264 as live viewing wants it: no picture is held back, and a moderate quality that the rate below caps. Constrained
 * baseline is what every browser plays, over MSE and over WebRTC alike; its `superfast` costs about a third more than
 * `ultrafast`, for less than half the bits.
 */
const options = {
  preset: 'superfast',
  tune: 'zerolatency',
  profile: 'baseline',
  crf: '23',
  // A keyframe that is asked for is an IDR picture; and none comes because the picture has changed much.
  'forced-idr': '1',
  sc_threshold: '0',
};

/** Scales raw frames to one size and encodes them as H.264 (4:2:0, limited range), each access unit in Annex B. */
export class H264Encoder implements Encoder {
  readonly width: number;
  readonly height: number;
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly #scaler: Scaler;
  readonly #keyframes = new KeyframePolicy();
  #lastStamp = -1n;

  private constructor(context: CodecContext) {
    this.#context = context;
    this.width = context.width;
    this.height = context.height;
    this.#packet.alloc();
    const { width, height, colorSpace: space } = context;
    this.#scaler = new Scaler({ width, height, format: AV_PIX_FMT_YUV420P, range: AVCOL_RANGE_MPEG, space });
  }

  /**
   * @param size in pixels; odd ones become the next lower even ones
   * @param fps the source's rate as far as it is known
   * @param like a frame of the source, whose colours the encoder tells players
   */
  static async open(
    size: { readonly width: number; readonly height: number },
    fps: number | null,
    like: Frame,
  ): Promise<H264Encoder> {
    const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
    if (codec === null) throw new Error('FFmpeg was built without x264');
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = even(size.width);
    context.height = even(size.height);
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.colorRange = AVCOL_RANGE_MPEG;
    // What says nothing is a camera's, and those use the matrix of ITU-R BT.601 and the colours of sRGB, as JPEG does.
    // All three must be told: Chromium believes none of them otherwise.
    const { colorSpace, colorPrimaries, colorTrc } = like;
    context.colorSpace = colorSpace === AVCOL_SPC_UNSPECIFIED ? AVCOL_SPC_SMPTE170M : colorSpace;
    context.colorPrimaries = colorPrimaries === AVCOL_PRI_UNSPECIFIED ? AVCOL_PRI_BT709 : colorPrimaries;
    context.colorTrc = colorTrc === AVCOL_TRC_UNSPECIFIED ? AVCOL_TRC_BT709 : colorTrc;
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
    using dictionary = Dictionary.fromObject(options);
    const code = await context.open2(codec, dictionary);
    if (code < 0) throw new PortholeError('camera_failed', { detail: `H.264 encoder: ${describe(code)}` });
    return new H264Encoder(context);
  }

  requestKeyframe(): void {
    this.#keyframes.request();
  }

  async encode(frame: Frame, capturedAt: number): Promise<Encoded | null> {
    const picture = await this.#scaler.fit(frame);
    if (picture === null) return null;
    const stamp = BigInt(Math.round(capturedAt * ticks));
    this.#lastStamp = stamp > this.#lastStamp ? stamp : this.#lastStamp + 1n;
    picture.pts = this.#lastStamp;
    // A decoded frame says what it was; that must not be taken for a wish.
    picture.pictType = this.#keyframes.isDue(capturedAt) ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    if ((await this.#context.sendFrame(picture)) < 0) return null;
    if ((await this.#context.receivePacket(this.#packet)) < 0) return null;
    const keyframe = this.#packet.isKeyframe;
    const bytes = this.#packet.data === null ? null : Buffer.from(this.#packet.data);
    this.#packet.unref();
    if (bytes === null) return null;
    if (keyframe) this.#keyframes.made(capturedAt);
    return { bytes, keyframe };
  }

  [Symbol.dispose](): void {
    this.#scaler[Symbol.dispose]();
    this.#packet.free();
    this.#context.freeContext();
  }
}

/**
 * The most bits per second of a picture: 2.8 million for 1280 × 720 at 30 frames per second. Smaller pictures get more
 * for each pixel, since each shows more, and fast ones less for each frame, since frames resemble each other more.
 */
function mostBits({ width, height }: { readonly width: number; readonly height: number }, fps: number): number {
  return Math.round(2_800_000 * ((width * height) / (1_280 * 720)) ** 0.75 * (fps / 30) ** 0.5);
}

/** One thread does 720p30 on any machine; more would only take cores from others, and cost bits. */
function threadsFor({ width, height }: { readonly width: number; readonly height: number }): number {
  return width * height <= 1_280 * 720 ? 1 : Math.min(4, Math.max(1, availableParallelism() >> 1));
}

function even(pixels: number): number {
  return Math.max(2, pixels - (pixels % 2));
}

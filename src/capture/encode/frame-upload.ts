import { AV_PIX_FMT_VAAPI } from 'node-av/constants';
import type { AVHWDeviceType, AVPixelFormat } from 'node-av/constants';
import { Frame, HardwareDeviceContext, HardwareFramesContext } from 'node-av/lib';
import type { CodecContext } from 'node-av/lib';
import { describe } from '../ffmpeg-errors.ts';

/** Uploads frames to the device of a hardware encoder that cannot read them from memory. */
export class FrameUpload implements Disposable {
  readonly #device: HardwareDeviceContext;
  readonly #frames: HardwareFramesContext;
  readonly #frame = new Frame();

  private constructor(device: HardwareDeviceContext, frames: HardwareFramesContext) {
    this.#device = device;
    this.#frames = frames;
  }

  /**
   * Configures an encoder to take frames from its device. Must be called before the encoder is opened.
   *
   * @param format the pixel format of the frames in memory
   * @throws {Error} when the device does not exist.
   */
  static open(type: AVHWDeviceType, format: AVPixelFormat, context: CodecContext): FrameUpload {
    const device = new HardwareDeviceContext();
    const created = device.create(type);
    if (created < 0) throw new Error(describe(created));
    const frames = new HardwareFramesContext();
    frames.alloc(device);
    frames.format = AV_PIX_FMT_VAAPI;
    frames.swFormat = format;
    frames.width = context.width;
    frames.height = context.height;
    frames.initialPoolSize = 4;
    const initialised = frames.init();
    if (initialised < 0) {
      frames.free();
      device.free();
      throw new Error(describe(initialised));
    }
    context.pixelFormat = AV_PIX_FMT_VAAPI;
    context.hwFramesCtx = frames;
    return new FrameUpload(device, frames);
  }

  /** Uploads a frame. @returns the uploaded frame, valid until the next call; null if the upload fails */
  async upload(frame: Frame): Promise<Frame | null> {
    this.#frame.free();
    this.#frame.alloc();
    if (this.#frames.getBuffer(this.#frame) < 0) return null;
    return (await this.#frames.transferData(this.#frame, frame)) < 0 ? null : this.#frame;
  }

  [Symbol.dispose](): void {
    this.#frame.free();
    this.#frames.free();
    this.#device.free();
  }
}

import { AV_PIX_FMT_VAAPI } from 'node-av/constants';
import type { AVHWDeviceType, AVPixelFormat } from 'node-av/constants';
import { Frame, HardwareDeviceContext, HardwareFramesContext } from 'node-av/lib';
import type { CodecContext } from 'node-av/lib';
import { describe } from '../ffmpeg-errors.ts';

/** Brings frames to the hardware of an encoder that does not take them from memory. */
export class FrameUpload implements Disposable {
  readonly #device: HardwareDeviceContext;
  readonly #frames: HardwareFramesContext;
  readonly #frame = new Frame();

  private constructor(device: HardwareDeviceContext, frames: HardwareFramesContext) {
    this.#device = device;
    this.#frames = frames;
  }

  /**
   * Prepares an encoder, before it is opened, for frames on its device.
   *
   * @param format of the frames in memory
   * @throws {Error} when there is no such device.
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

  /** The frame on the device, until the next call; null if it cannot be brought there. */
  async take(frame: Frame): Promise<Frame | null> {
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

import type { AVColorRange, AVColorSpace, AVPixelFormat } from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';

/** What raw frames are to become. */
export interface ScalerTarget {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly format: AVPixelFormat;
  readonly range: AVColorRange;
  /** The matrix between RGB and YUV; left as the source has it when left out. */
  readonly space?: AVColorSpace;
}

/** Brings raw frames of any size and pixel format into one size and format. */
export class Scaler implements Disposable {
  readonly #target: ScalerTarget;
  readonly #scaled = new Frame();
  #context: SoftwareScaleContext | null = null;
  /** Size and format of the frames that the context was made for. */
  #input = '';

  constructor(target: ScalerTarget) {
    this.#target = target;
  }

  /**
   * The frame as it is to be: itself if it fits already, else one that belongs to this scaler and holds until the next
   * call; null if it cannot be scaled.
   */
  async fit(frame: Frame): Promise<Frame | null> {
    const { width, height, format, range, space } = this.#target;
    if (frame.width === width && frame.height === height && frame.format === format) return frame;
    const input = `${frame.width}x${frame.height}:${frame.format}`;
    if (input !== this.#input) {
      this.#context?.freeContext();
      this.#context = new SoftwareScaleContext();
      this.#context.allocContext();
      this.#input = input;
    }
    const scaled = this.#scaled;
    scaled.alloc();
    scaled.width = width;
    scaled.height = height;
    scaled.format = format;
    scaled.colorRange = range;
    if (space !== undefined) scaled.colorSpace = space;
    scaled.allocBuffer();
    const code = await (this.#context as SoftwareScaleContext).scaleFrame(scaled, frame);
    return code < 0 ? null : scaled;
  }

  [Symbol.dispose](): void {
    this.#context?.freeContext();
    this.#scaled.free();
  }
}

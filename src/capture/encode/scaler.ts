import type { AVColorRange, AVColorSpace, AVPixelFormat } from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import { PortholeError } from '../../domain/errors.ts';
import type { Size } from '../../domain/media/size.ts';
import { describe } from '../ffmpeg-errors.ts';

/** The size and format that frames are converted to. */
export interface ScalerTarget extends Size {
  readonly format: AVPixelFormat;
  readonly range: AVColorRange;
  /** The matrix between RGB and YUV; if left out, the source's matrix is kept. */
  readonly space?: AVColorSpace;
}

/** Converts raw frames of any size and pixel format to one size and format. */
export class Scaler implements Disposable {
  readonly #target: ScalerTarget;
  readonly #scaled = new Frame();
  #context: SoftwareScaleContext | null = null;
  /** The size and pixel format that the context was created for. */
  #input = '';

  constructor(target: ScalerTarget) {
    this.#target = target;
  }

  /**
   * Converts a frame.
   *
   * @returns the frame itself if it has the right size and format already, else a frame owned by this scaler and valid
   *   until the next call
   * @throws {PortholeError} `video_unsupported` if FFmpeg cannot convert it.
   */
  async fit(frame: Frame): Promise<Frame> {
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
    if (code < 0) throw new PortholeError('video_unsupported', { detail: `scaler: ${describe(code)}` });
    return scaled;
  }

  [Symbol.dispose](): void {
    this.#context?.freeContext();
    this.#scaled.free();
  }
}

import { toWallClock } from '../../domain/clock.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Rendition } from '../../domain/media/rendition.ts';
import { FrameRateLimiter } from '../../fanout/frame-rate-limiter.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { FrameWriter } from '../../fanout/frame-writer.ts';
import { PerFrame } from '../../fanout/per-frame.ts';
import { multipartOpening, multipartPart, multipartType } from '../../formats/multipart/multipart.ts';
import { HttpStream, type HttpStreamOptions } from '../http-stream.ts';
import { responseHead } from '../response-head.ts';

/** Options of an MJPEG stream. */
export interface MjpegOptions extends HttpStreamOptions {
  readonly rendition: Rendition;
  /** At most this many frames per second. */
  readonly fps?: number;
}

/** The parts of a server's frames, shared by all its MJPEG streams. */
export function mjpegParts(): PerFrame<Buffer> {
  return new PerFrame(({ bytes, capturedAt }) => multipartPart(bytes, toWallClock(capturedAt)), { keep: 'last' });
}

/** An open MJPEG stream over HTTP. */
export class MjpegStream extends HttpStream<FrameWriter> {
  /** Null for a viewer that takes every frame. */
  readonly #rateLimiter: FrameRateLimiter | null;

  private constructor(parts: PerFrame<Buffer>, { connection, fps }: MjpegOptions) {
    super(connection, new FrameWriter(connection, parts));
    this.#rateLimiter = fps === undefined ? null : new FrameRateLimiter(fps);
  }

  /** Writes the response's head at once, and frames as they come. @param parts see {@link mjpegParts} */
  static open(frames: FrameSource, parts: PerFrame<Buffer>, options: MjpegOptions): MjpegStream {
    const stream = new MjpegStream(parts, options);
    const headers = { 'Content-Type': multipartType, ...options.extraHeaders };
    const head = `${responseHead(options.httpVersion, headers)}${multipartOpening}`;
    stream.start(head, () => frames.subscribe(options.camera, options.rendition, stream), options);
    return stream;
  }

  /** Takes a frame, or skips it to keep the wanted rate. */
  override offer(frame: Frame): void {
    if (this.#rateLimiter === null || this.#rateLimiter.due(frame.capturedAt)) this.writer.write(frame);
  }

  /** Takes a placeholder frame: a client that gets nothing for some seconds gives up. */
  offerPlaceholder(frame: Frame): void {
    this.writer.write(frame);
  }
}

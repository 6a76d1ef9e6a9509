import type { Socket } from 'node:net';
import type { Frame } from '../../domain/frame.ts';
import type { Rendition } from '../../domain/rendition.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import { FrameWriter } from '../../fanout/frame-writer.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { multipartHead, multipartWire } from './multipart.ts';
import { FrameRateLimiter } from '../../fanout/frame-rate-limiter.ts';

/** What a multipart stream is made of. */
export interface MultipartOptions {
  /** The connection, whose request has been read; it belongs to the stream from now on. */
  readonly socket: Socket;
  readonly camera: string;
  readonly rendition: Rendition;
  /** At most this many frames per second. */
  readonly fps?: number;
  readonly extraHeaders?: Readonly<Record<string, string>>;
  readonly httpVersion: '1.0' | '1.1';
  /** Called once at the end with what was sent and dropped. */
  readonly onEnd?: (summary: { readonly sent: number; readonly dropped: number; readonly reason: string }) => void;
}

/** An open MJPEG stream over HTTP. */
export class MultipartStream implements Viewer {
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  /** Null for a viewer that takes every frame: those are most, and each of a frame's viewers costs (docs/performance.md). */
  readonly #rateLimiter: FrameRateLimiter | null;
  readonly #unsubscribe: () => void;
  #reason = 'the viewer left';
  /** Resolves when the connection is closed and the camera is no longer wanted for it. */
  readonly closed: Promise<void>;

  /** Writes the response's head at once and frames as they come. */
  constructor(frames: FrameSource, options: MultipartOptions) {
    const { socket } = options;
    this.#socket = socket;
    this.#writer = new FrameWriter(socket, multipartWire);
    this.#rateLimiter = options.fps === undefined ? null : new FrameRateLimiter(options.fps);
    socket.setNoDelay(true);
    socket.setTimeout(0);
    // Head and first frame in one system call: in a rush of viewers each call counts.
    socket.cork();
    socket.write(Buffer.from(multipartHead(options.httpVersion, options.extraHeaders), 'latin1'));
    this.#unsubscribe = frames.subscribe(options.camera, options.rendition, this);
    socket.uncork();
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#unsubscribe();
        options.onEnd?.({ sent: this.#writer.sent, dropped: this.#writer.dropped, reason: this.#reason });
        resolve();
      });
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.once('end', () => socket.destroy());
    // Whatever a client says after its request, it is read and forgotten, so that its leaving is noticed.
    socket.resume();
  }

  /** Who takes every frame can be given them in a row. */
  get writer(): FrameWriter | null {
    return this.#rateLimiter === null ? this.#writer : null;
  }

  /** Takes a frame, or skips it to keep the wanted rate. */
  offer(frame: Frame): void {
    if (this.#rateLimiter === null || this.#rateLimiter.due(frame.capturedAt)) this.#writer.write(frame);
  }

  /** Takes a stand-in: a client that hears nothing for some seconds gives up. */
  offerPlaceholder(frame: Frame): void {
    this.#writer.write(frame);
  }

  /** Ends a connection that takes nothing. */
  tick(now: number): void {
    if (!this.#writer.isTaking(now)) this.close('it took nothing for 30 s');
  }

  /** Ends with the camera. */
  end(): void {
    this.close('the camera is gone');
  }

  /** Ends the stream at once. Idempotent. */
  close(reason = 'closed by the server'): void {
    if (!this.#socket.destroyed) this.#reason = reason;
    this.#writer.close();
    this.#socket.destroy();
  }
}

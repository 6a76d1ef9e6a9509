import { isAudio } from '../../domain/media/audio.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Rendition } from '../../domain/media/rendition.ts';
import { AudioWriter } from '../../fanout/audio-writer.ts';
import type { Connection } from '../../fanout/connection.ts';
import { FrameRateLimiter } from '../../fanout/frame-rate-limiter.ts';
import { FrameWriter } from '../../fanout/frame-writer.ts';
import { GopWriter } from '../../fanout/gop-writer.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import type { LiveFrameEncoders } from './live-frames.ts';

/** One view of a page, or its audio, as a Viewer of its Broadcast. */
export class LiveViewer implements Viewer {
  /** The Broadcast's number. */
  readonly stream: number;
  readonly fps: number | undefined;
  owner = '';
  readonly #writer: FrameWriter | GopWriter | AudioWriter;
  readonly #connection: Connection;
  readonly #rateLimiter: FrameRateLimiter;
  #unsubscribe: () => void = () => undefined;
  #onEnd: () => void = () => undefined;

  /**
   * @param connection the one below the WebSocket
   * @param encoders shared by all sockets of the server
   * @param fps the highest rate of JPEG frames, per second
   * @param askForKeyframe called when this viewer has lost a frame that others build on
   */
  constructor(
    connection: Connection,
    encoders: LiveFrameEncoders,
    stream: number,
    { codec }: Rendition,
    fps: number | undefined,
    askForKeyframe: () => void,
  ) {
    this.stream = stream;
    this.fps = fps;
    // H.264 frames build on each other, so none can be left out.
    this.#rateLimiter = new FrameRateLimiter(codec === 'jpeg' ? fps : undefined);
    this.#connection = connection;
    if (isAudio(codec)) this.#writer = new AudioWriter(connection, encoders.audio(stream, codec));
    else if (codec === 'jpeg') this.#writer = new FrameWriter(connection, encoders.jpeg(stream));
    else this.#writer = new GopWriter(connection, encoders.h264(stream), askForKeyframe);
  }

  /** @param unsubscribe ends the subscription; @param onEnd called when the camera is removed */
  start(unsubscribe: () => void, onEnd: () => void): void {
    this.#unsubscribe = unsubscribe;
    this.#onEnd = onEnd;
  }

  offer(frame: Frame): void {
    if (this.#rateLimiter.due(frame.capturedAt)) this.#writer.write(frame);
  }

  offerGop(frames: readonly Frame[]): void {
    if (this.#writer instanceof GopWriter) this.#writer.writeGop(frames);
    else for (const frame of frames) this.#writer.write(frame);
  }

  tick(now: number): void {
    if (!this.#connection.isTaking(now)) this.#connection.socket.destroy();
  }

  /** Ends with the camera. */
  end(): void {
    this.close();
    this.#onEnd();
  }

  close(): void {
    this.#unsubscribe();
    this.#writer.close();
  }
}

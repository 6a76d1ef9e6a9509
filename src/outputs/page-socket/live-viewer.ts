import type { Socket } from 'node:net';
import type { Frame } from '../../domain/frame.ts';
import type { Rendition } from '../../domain/rendition.ts';
import { isAudio } from '../../domain/audio.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import { FrameWriter } from '../../fanout/frame-writer.ts';
import { GopWriter } from '../../fanout/gop-writer.ts';
import type { LiveFrameEncoders } from './live-frames.ts';
import { AudioWriter } from '../../fanout/audio-writer.ts';

/** One picture on a page, or its sound, as a Viewer of its Broadcast. */
export class LiveViewer implements Viewer {
  /** The Broadcast's number. */
  readonly stream: number;
  readonly #writer: FrameWriter | GopWriter | AudioWriter;
  readonly #transport: Socket;
  #unsubscribe: () => void = () => undefined;

  /**
   * @param transport the connection below the WebSocket
   * @param encoders shared by all sockets of the server
   * @param askForKeyframe called when this viewer has lost a frame that others build on
   */
  constructor(
    transport: Socket,
    encoders: LiveFrameEncoders,
    stream: number,
    { codec }: Rendition,
    askForKeyframe: () => void,
  ) {
    this.stream = stream;
    this.#transport = transport;
    if (isAudio(codec)) this.#writer = new AudioWriter(transport, encoders.audio(stream, codec));
    else if (codec === 'jpeg') this.#writer = new FrameWriter(transport, encoders.pictures(stream));
    else this.#writer = new GopWriter(transport, encoders.wire(stream), askForKeyframe);
  }

  /** @param unsubscribe ends the subscription */
  start(unsubscribe: () => void): void {
    this.#unsubscribe = unsubscribe;
  }

  get writer(): FrameWriter | null {
    return this.#writer instanceof FrameWriter ? this.#writer : null;
  }

  offer(frame: Frame): void {
    this.#writer.write(frame);
  }

  offerGop(frames: readonly Frame[]): void {
    if (this.#writer instanceof GopWriter) this.#writer.writeGop(frames);
    else for (const frame of frames) this.#writer.write(frame);
  }

  tick(now: number): void {
    if (!this.#writer.isTaking(now)) this.#transport.destroy();
  }

  close(): void {
    this.#unsubscribe();
    this.#writer.close();
  }
}

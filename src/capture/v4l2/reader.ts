import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { VideoFormat } from '../../channel/messages.ts';
import type { Mode } from '../../domain/mode.ts';
import type { Captured, DeviceInput, Passthrough, PassthroughCounts, PassthroughDemand } from '../source.ts';
import { ReaderState } from './reader-state.ts';
import type { FromReader, ReaderOrder } from './reader-thread.ts';

type Picture = Extract<FromReader, { type: 'picture' }>;

/**
 * A device of MJPEG that a thread of its own reads (reader-thread.ts). The thread sends its pictures past this process's
 * event loop to the server; here arrive those that are to be encoded.
 */
export class V4l2Reader implements DeviceInput, Passthrough {
  readonly passthrough = this;
  readonly intraOnly = true;
  readonly codecParameters = null;
  readonly #state = new ReaderState();
  readonly #explain: (code: number) => Error;
  readonly #opened = Promise.withResolvers<void>();
  #video: VideoFormat;
  readonly #ended: Promise<unknown>;
  /** The picture that came while nobody waited for one. */
  #newest: Picture | null = null;
  #replaced = 0;
  #failure: Error | null = null;
  #waiting: PromiseWithResolvers<Picture> | null = null;

  private constructor(node: string, mode: Mode, explain: (code: number) => Error) {
    this.#explain = explain;
    this.#video = mode;
    const order: ReaderOrder = { node, mode, memory: this.#state.memory };
    const worker = new Worker(new URL('reader-thread.ts', import.meta.url), {
      workerData: order,
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    worker.on('message', (message: FromReader) => this.#hear(message));
    worker.on('error', (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#ended = once(worker, 'exit').catch(() => undefined);
    this.#opened.promise.catch(() => undefined);
  }

  /**
   * Opens a device in one of its Modes of MJPEG.
   *
   * @param explain turns a negative error number into what a person is told
   */
  static async open(node: string, mode: Mode, explain: (code: number) => Error): Promise<V4l2Reader> {
    const reader = new V4l2Reader(node, mode, explain);
    await reader.#opened.promise;
    return reader;
  }

  /** What the driver delivers, in the size of the last picture that came here. */
  get video(): VideoFormat {
    return this.#video;
  }

  set demand(demand: PassthroughDemand) {
    this.#state.demand = demand;
  }

  takeCounts(): PassthroughCounts {
    const counts = this.#state.takeCounts();
    const encoder = this.#replaced;
    this.#replaced = 0;
    return encoder === 0 ? counts : { ...counts, dropped: { ...counts.dropped, encoder } };
  }

  /** The next picture that is wanted here. @throws {Error} as `explain` says when the device fails */
  async read(): Promise<Captured> {
    if (this.#failure !== null) throw this.#failure;
    this.#waiting = Promise.withResolvers();
    if (this.#newest !== null) this.#waiting.resolve(this.#newest);
    this.#newest = null;
    const { bytes, frame } = await this.#waiting.promise;
    return { kind: 'jpeg', frame: { ...frame, bytes: Buffer.from(bytes.buffer) } };
  }

  /** Resolves when the device is closed; never if its driver is wedged. */
  async close(): Promise<void> {
    this.#state.stop();
    await this.#ended;
    this.#fail(new Error('the device was closed'));
  }

  #hear(message: FromReader): void {
    switch (message.type) {
      case 'opened':
        this.#video = message.video;
        this.#opened.resolve();
        break;
      case 'picture':
        this.#take(message);
        break;
      case 'failed':
        this.#fail(this.#explain(-message.number));
        break;
      default:
        message satisfies never;
    }
  }

  #take(picture: Picture): void {
    const { width, height } = picture.frame;
    this.#video = { ...this.#video, width, height };
    if (this.#waiting === null) {
      if (this.#newest !== null) this.#replaced += 1;
      this.#newest = picture;
      return;
    }
    this.#waiting.resolve(picture);
    this.#waiting = null;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#opened.reject(error);
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}

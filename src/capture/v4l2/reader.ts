import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { VideoFormat } from '../../domain/media/media.ts';
import type { Mode } from '../../domain/cameras/mode.ts';
import { Rejections } from '../../domain/media/rejections.ts';
import type { Captured, DeviceInput, Passthrough, PassthroughCounts, PassthroughDemand } from '../source.ts';
import { ReaderState } from './reader-state.ts';
import type { FromReader, ReaderOrder } from './reader-thread.ts';

type KeptFrame = Extract<FromReader, { type: 'frame' }>;

/**
 * An MJPEG device, read by its own thread (reader-thread.ts). The thread sends frames straight to the server, bypassing
 * this process's event loop. Only the frames that have to be encoded arrive here.
 */
export class V4l2Reader implements DeviceInput, Passthrough {
  readonly passthrough = this;
  readonly intraOnly = true;
  readonly codecParameters = null;
  readonly #state = new ReaderState();
  readonly #explain: (code: number) => Error;
  readonly #opened = Promise.withResolvers<void>();
  #video: VideoFormat;
  #ended: Promise<unknown> = Promise.resolve();
  /** The newest frame that arrived while no read was pending. */
  #newest: KeptFrame | null = null;
  #replaced = 0;
  readonly #damaged = new Rejections();
  #failure: Error | null = null;
  #waiting: PromiseWithResolvers<KeptFrame> | null = null;

  private constructor(mode: Mode, explain: (code: number) => Error) {
    this.#explain = explain;
    this.#video = mode;
  }

  /**
   * Opens a device in one of its MJPEG Modes.
   *
   * @param explain maps a negative errno to the error that is thrown
   * @throws {Error} as `explain` says.
   */
  static async open(node: string, mode: Mode, explain: (code: number) => Error): Promise<V4l2Reader> {
    const reader = new V4l2Reader(mode, explain);
    reader.#start({ node, mode, memory: reader.#state.memory });
    await reader.#opened.promise;
    return reader;
  }

  #start(order: ReaderOrder): void {
    const worker = new Worker(new URL('reader-thread.ts', import.meta.url), {
      workerData: order,
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    worker.on('message', (message: FromReader) => this.#hear(message));
    worker.on('error', (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#ended = once(worker, 'exit').catch(() => undefined);
    this.#opened.promise.catch(() => undefined);
  }

  /** The driver's format, with the size of the latest frame that arrived here. */
  get video(): VideoFormat {
    return this.#video;
  }

  set demand(demand: PassthroughDemand) {
    this.#state.demand = demand;
  }

  takeCounts(): PassthroughCounts {
    const counts = this.#state.takeCounts();
    this.#noteDamage(counts);
    const encoder = this.#replaced;
    this.#replaced = 0;
    return encoder === 0 ? counts : { ...counts, dropped: { ...counts.dropped, encoder } };
  }

  /** Fails if only damaged frames have arrived for a while: the thread drops them, so nothing else would say so. */
  #noteDamage({ captured, dropped: { corrupt = 0 } }: PassthroughCounts): void {
    if (captured > corrupt) this.#damaged.clear();
    else if (corrupt > 0 && this.#damaged.add(monotonicNow())) this.#fail(new PortholeError('video_damaged'));
  }

  /** Waits for the next frame that has to be encoded. @throws {Error} as `explain` says when the device fails. */
  async read(): Promise<Captured> {
    if (this.#failure !== null) throw this.#failure;
    this.#waiting = Promise.withResolvers();
    if (this.#newest !== null) this.#waiting.resolve(this.#newest);
    this.#newest = null;
    const { bytes, frame } = await this.#waiting.promise;
    return { kind: 'jpeg', frame: { ...frame, bytes: Buffer.from(bytes.buffer) } };
  }

  /** Resolves when the device is closed; never if its driver hangs. */
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
      case 'frame':
        this.#take(message);
        break;
      case 'failed':
        this.#fail(this.#explain(-message.number));
        break;
      default:
        message satisfies never;
    }
  }

  #take(kept: KeptFrame): void {
    const { width, height } = kept.frame;
    this.#video = { ...this.#video, width, height };
    if (this.#waiting === null) {
      if (this.#newest !== null) this.#replaced += 1;
      this.#newest = kept;
      return;
    }
    this.#waiting.resolve(kept);
    this.#waiting = null;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#opened.reject(error);
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}

import { refuseSize } from '../domain/cameras/camera-limits.ts';
import type { WantedRendition } from '../domain/media/media.ts';
import { isPassthrough } from '../domain/media/rendition.ts';
import type { Size } from '../domain/media/size.ts';
import { describeVideo } from './describe-video.ts';
import type { CaptureOutput } from './output.ts';
import type { Pipeline } from './pipeline.ts';
import type { OpenSource, Passthrough } from './source.ts';

/** Turns an open source into Frames: a {@link Pipeline}, or a {@link PassthroughRunner} while that is enough. */
export type Running = Pick<Pipeline, 'want' | 'requestKeyframe' | 'countDrop' | 'run'>;

/**
 * Runs a source that sends its own frames to the server, while every Rendition in demand can be passed through.
 * FFmpeg's libraries take a fifth of a capture process's memory, so they are loaded only when a Rendition has to be
 * encoded. From then on a Pipeline takes over.
 */
export class PassthroughRunner implements Running {
  readonly #source: OpenSource;
  readonly #passthrough: Passthrough;
  readonly #output: CaptureOutput;
  readonly #load: () => Promise<Pipeline>;
  readonly #pipeline = Promise.withResolvers<Pipeline>();
  #loaded: Pipeline | null = null;
  #loading = false;
  #wanted: readonly WantedRendition[] = [];
  #size: Size;
  #ready = false;

  /** @param load creates the Pipeline that takes over; called at most once */
  constructor(source: OpenSource, passthrough: Passthrough, output: CaptureOutput, load: () => Promise<Pipeline>) {
    this.#source = source;
    this.#passthrough = passthrough;
    this.#output = output;
    this.#load = load;
    this.#size = source.video;
    // run() reports a failure to load; it may not have been called yet.
    this.#pipeline.promise.catch(() => undefined);
  }

  /** See {@link Pipeline.want}. */
  want(renditions: readonly WantedRendition[]): void {
    this.#wanted = renditions;
    if (this.#loaded !== null) {
      this.#loaded.want(renditions);
      return;
    }
    const passthrough = renditions.filter((rendition) => isPassthrough(rendition, 'jpeg', this.#size.width));
    this.#passthrough.demand = { ids: passthrough.map(({ id }) => id), encode: false };
    if (passthrough.length === renditions.length || this.#loading) return;
    this.#loading = true;
    this.#load().then((pipeline) => this.#handOver(pipeline), this.#pipeline.reject);
  }

  /** See {@link Pipeline.requestKeyframe}. */
  requestKeyframe(rendition: number): void {
    this.#loaded?.requestKeyframe(rendition);
  }

  /** See {@link Pipeline.countDrop}. */
  countDrop(...args: Parameters<Running['countDrop']>): void {
    this.#loaded?.countDrop(...args);
  }

  /** See {@link Pipeline.run}. */
  async run(): Promise<never> {
    const stats = setInterval(() => this.#reportStats(), 1_000);
    let reading = this.#source.read();
    try {
      for (;;) {
        const next = await Promise.race([reading, this.#pipeline.promise]);
        if (!('kind' in next)) break;
        if (next.kind === 'jpeg') this.#note(next.frame);
        reading = this.#source.read();
      }
    } finally {
      clearInterval(stats);
      if (this.#loaded === null) this.#reportStats();
    }
    return (await this.#pipeline.promise).run({ ready: this.#ready, reading });
  }

  #handOver(pipeline: Pipeline): void {
    this.#loaded = pipeline;
    pipeline.want(this.#wanted);
    this.#pipeline.resolve(pipeline);
  }

  /** @throws {PortholeError} `source_beyond_limits` */
  #note({ width, height }: Size): void {
    const refusal = refuseSize({ width, height });
    if (refusal !== null) throw refusal;
    this.#size = { width, height };
    const video = describeVideo(this.#source, this.#size, {
      passthrough: 'jpeg',
      audio: this.#source.audio !== undefined,
    });
    this.#output.report({ type: this.#ready ? 'changed' : 'ready', video });
    this.#ready = true;
    this.want(this.#wanted);
  }

  #reportStats(): void {
    this.#output.report({ type: 'stats', ...this.#passthrough.takeCounts() });
  }
}

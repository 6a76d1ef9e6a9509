import type { WantedRendition } from '../channel/messages.ts';
import { isPassthrough } from '../domain/rendition.ts';
import { describeVideo } from './describe-video.ts';
import type { Pipeline, PipelineOutput } from './pipeline.ts';
import type { OpenSource, Passthrough } from './source.ts';

/** What turns an open source into Frames: a {@link Pipeline}, or {@link PassthroughRunner} as long as that is enough. */
export type Running = Pick<Pipeline, 'want' | 'requestKeyframe' | 'countDrop' | 'run'>;

/**
 * A source that sends its own pictures to the server itself, while nobody wants anything else. FFmpeg's libraries take a
 * fifth of a capture process's memory, so they are loaded with the first Rendition that needs them; from then on a Pipeline
 * does everything.
 */
export class PassthroughRunner implements Running {
  readonly #source: OpenSource;
  readonly #passthrough: Passthrough;
  readonly #output: PipelineOutput;
  readonly #load: () => Promise<Pipeline>;
  readonly #pipeline = Promise.withResolvers<Pipeline>();
  #loaded: Pipeline | null = null;
  #loading = false;
  #wanted: readonly WantedRendition[] = [];
  #size: { readonly width: number; readonly height: number };
  #ready = false;

  /** @param load makes what can do the rest */
  constructor(source: OpenSource, passthrough: Passthrough, output: PipelineOutput, load: () => Promise<Pipeline>) {
    this.#source = source;
    this.#passthrough = passthrough;
    this.#output = output;
    this.#load = load;
    this.#size = source.video;
    // Whoever runs this hears of it; that may be later.
    this.#pipeline.promise.catch(() => undefined);
  }

  want(renditions: readonly WantedRendition[]): void {
    this.#wanted = renditions;
    if (this.#loaded !== null) {
      this.#loaded.want(renditions);
      return;
    }
    const passthrough = renditions.filter((rendition) => isPassthrough(rendition, 'jpeg', this.#size.width));
    this.#passthrough.demand = { ids: passthrough.map(({ id }) => id), pictures: false };
    if (passthrough.length === renditions.length || this.#loading) return;
    this.#loading = true;
    this.#load().then((pipeline) => this.#handOver(pipeline), this.#pipeline.reject);
  }

  requestKeyframe(rendition: number): void {
    this.#loaded?.requestKeyframe(rendition);
  }

  countDrop(...args: Parameters<Running['countDrop']>): void {
    this.#loaded?.countDrop(...args);
  }

  /** As {@link Pipeline.run}. */
  async run(): Promise<never> {
    const statistics = setInterval(() => this.#reportStatistics(), 1_000);
    let reading = this.#source.read();
    try {
      for (;;) {
        const next = await Promise.race([reading, this.#pipeline.promise]);
        if (!('kind' in next)) break;
        if (next.kind === 'jpeg') this.#note(next.frame);
        reading = this.#source.read();
      }
    } finally {
      clearInterval(statistics);
      if (this.#loaded === null) this.#reportStatistics();
    }
    return (await this.#pipeline.promise).run({ ready: this.#ready, reading });
  }

  #handOver(pipeline: Pipeline): void {
    this.#loaded = pipeline;
    pipeline.want(this.#wanted);
    this.#pipeline.resolve(pipeline);
  }

  #note({ width, height }: { readonly width: number; readonly height: number }): void {
    this.#size = { width, height };
    const video = describeVideo(this.#source, this.#size, 'jpeg');
    this.#output.report({ type: this.#ready ? 'changed' : 'ready', video });
    this.#ready = true;
    this.want(this.#wanted);
  }

  #reportStatistics(): void {
    this.#output.report({ type: 'stats', ...this.#passthrough.takeCounts() });
  }
}

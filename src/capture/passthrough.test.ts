import { expect, it } from 'vitest';
import type { FromCapture } from '../channel/messages.ts';
import type { WantedRendition } from '../domain/media/media.ts';
import { PassthroughRunner, type Running } from './passthrough.ts';
import type { Pipeline } from './pipeline.ts';
import type { Captured, PassthroughDemand } from './source.ts';

const own: WantedRendition = { id: 1, codec: 'jpeg', width: 'source' };
const wide: WantedRendition = { id: 2, codec: 'jpeg', width: 1920 };
const narrow: WantedRendition = { id: 3, codec: 'jpeg', width: 320 };
const audio: WantedRendition = { id: 4, codec: 'aac', width: 'source' };

/** A source that delivers a frame whenever {@link deliver} is called. */
class FakeSource {
  readonly demands: PassthroughDemand[] = [];
  #reading: PromiseWithResolvers<Captured> | null = null;
  readonly video = { format: 'mjpeg', width: 1280, height: 720, fps: 30 };
  readonly codecParameters = null;
  readonly intraOnly = true;
  readonly passthrough = (() => {
    const { demands } = this;
    return {
      set demand(demand: PassthroughDemand) {
        demands.push(demand);
      },
      takeCounts: () => ({ captured: 3, dropped: { pipe: 1 } }),
    };
  })();

  get demand(): PassthroughDemand | undefined {
    return this.demands.at(-1);
  }

  read(): Promise<Captured> {
    this.#reading ??= Promise.withResolvers();
    return this.#reading.promise;
  }

  deliver(width: number, height: number): Promise<void> {
    const frame = { bytes: Buffer.from('x'), sequence: 1, capturedAt: 0, keyframe: true, width, height };
    this.#reading?.resolve({ kind: 'jpeg', frame });
    this.#reading = null;
    return new Promise(setImmediate);
  }

  fail(error: Error): void {
    this.#reading?.reject(error);
  }

  async close(): Promise<void> {}
}

/** Replaces the Pipeline, which needs FFmpeg's libraries, and records its calls. */
class FakePipeline {
  wanted: readonly WantedRendition[] = [];
  options: Parameters<Running['run']>[0];
  want(renditions: readonly WantedRendition[]): void {
    this.wanted = renditions;
  }
  async run(options: Parameters<Running['run']>[0]): Promise<never> {
    this.options = options;
    await options?.reading;
    throw new Error('the pipeline has ended');
  }
}

interface Fixture {
  readonly source: FakeSource;
  readonly pipeline: FakePipeline;
  readonly reports: FromCapture[];
  readonly loads: () => number;
  readonly passthrough: PassthroughRunner;
}

function start(load?: () => Promise<Pipeline>): Fixture {
  const [source, pipeline] = [new FakeSource(), new FakePipeline()];
  const reports: FromCapture[] = [];
  let loads = 0;
  const output = {
    frame: () => undefined,
    warn: () => undefined,
    report: (message: FromCapture) => reports.push(message),
  };
  const passthrough = new PassthroughRunner(source, source.passthrough, output, async () => {
    loads += 1;
    return load === undefined ? (pipeline as unknown as Pipeline) : load();
  });
  return { source, pipeline, reports, loads: () => loads, passthrough };
}

it('loads no Pipeline while every Rendition can be passed through', async () => {
  const { source, reports, loads, passthrough } = start();
  passthrough.want([own, wide]);
  const ended = passthrough.run().catch((error: unknown) => error);
  await source.deliver(1280, 720);
  expect(source.demand).toEqual({ ids: [1, 2], encode: false });
  expect(reports).toMatchObject([{ type: 'ready', video: { width: 1280, passthrough: 'jpeg' } }]);
  expect(loads()).toBe(0);
  source.fail(new Error('unplugged'));
  expect(await ended).toMatchObject({ message: 'unplugged' });
  expect(reports.at(-1)).toEqual({ type: 'stats', captured: 3, dropped: { pipe: 1 } });
});

it.each([
  ['another width', narrow],
  ['audio', audio],
])('hands over to a Pipeline as soon as %s is in demand, and loses no frame', async (_what, rendition) => {
  const { source, pipeline, reports, loads, passthrough } = start();
  passthrough.want([own]);
  const ended = passthrough.run().catch((error: unknown) => error);
  await source.deliver(1280, 720);
  passthrough.want([own, rendition]);
  expect(source.demand).toEqual({ ids: [1], encode: false });
  await new Promise(setImmediate);
  expect(loads()).toBe(1);
  expect(pipeline.wanted).toEqual([own, rendition]);
  expect(pipeline.options).toMatchObject({ ready: true });
  passthrough.want([rendition]);
  expect(pipeline.wanted).toEqual([rendition]);
  // The Pipeline takes over the pending read.
  await source.deliver(1280, 720);
  expect(await pipeline.options?.reading).toMatchObject({ kind: 'jpeg' });
  expect(await ended).toMatchObject({ message: 'the pipeline has ended' });
  expect(loads()).toBe(1);
  expect(reports.filter(({ type }) => type === 'ready')).toHaveLength(1);
});

it('hands over to a Pipeline when the source grows larger than a requested width', async () => {
  const { source, pipeline, passthrough } = start();
  passthrough.want([{ id: 5, codec: 'jpeg', width: 1280 }]);
  void passthrough.run().catch(() => undefined);
  await source.deliver(1920, 1080);
  await new Promise(setImmediate);
  expect(source.demand?.ids).toEqual([]);
  expect(pipeline.wanted).toEqual([{ id: 5, codec: 'jpeg', width: 1280 }]);
});

it('ends with the reason when the Pipeline cannot be loaded', async () => {
  const { passthrough } = start(() => Promise.reject(new Error('no FFmpeg for this machine')));
  passthrough.want([narrow]);
  await expect(passthrough.run()).rejects.toThrow('no FFmpeg for this machine');
});

it('fails at a frame that claims too much', async () => {
  const { source, reports, passthrough } = start();
  passthrough.want([own]);
  const ended = passthrough.run().catch((error: unknown) => error);
  await source.deliver(16_000, 16_000);
  expect(await ended).toMatchObject({
    message: expect.stringContaining('frames of 16000\u00a0×\u00a016000 pixels') as string,
  });
  expect(reports.filter(({ type }) => type === 'ready')).toEqual([]);
});

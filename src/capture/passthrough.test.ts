import { expect, it } from 'vitest';
import type { FromCapture, WantedRendition } from '../channel/messages.ts';
import { PassthroughRunner, type Running } from './passthrough.ts';
import type { Pipeline } from './pipeline.ts';
import type { Captured, PassthroughDemand } from './source.ts';

const own: WantedRendition = { id: 1, codec: 'jpeg', width: 'source' };
const wide: WantedRendition = { id: 2, codec: 'jpeg', width: 1920 };
const narrow: WantedRendition = { id: 3, codec: 'jpeg', width: 320 };
const audio: WantedRendition = { id: 4, codec: 'aac', width: 'source' };

/** A source at the edge: its pictures are those that {@link deliver} is called with. */
class Source {
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

/** Stands where the Pipeline would, which needs FFmpeg's libraries: notes what it is told. */
class Rest {
  wanted: readonly WantedRendition[] = [];
  options: Parameters<Running['run']>[0];
  want(renditions: readonly WantedRendition[]): void {
    this.wanted = renditions;
  }
  async run(options: Parameters<Running['run']>[0]): Promise<never> {
    this.options = options;
    await options?.reading;
    throw new Error('the rest has ended');
  }
}

interface Fixture {
  readonly source: Source;
  readonly rest: Rest;
  readonly reports: FromCapture[];
  readonly loads: () => number;
  readonly passthrough: PassthroughRunner;
}

function start(load?: () => Promise<Pipeline>): Fixture {
  const [source, rest] = [new Source(), new Rest()];
  const reports: FromCapture[] = [];
  let loads = 0;
  const output = {
    frame: () => undefined,
    warn: () => undefined,
    report: (message: FromCapture) => reports.push(message),
  };
  const passthrough = new PassthroughRunner(source, source.passthrough, output, async () => {
    loads += 1;
    return load === undefined ? (rest as unknown as Pipeline) : load();
  });
  return { source, rest, reports, loads: () => loads, passthrough };
}

it('does without the rest while everybody takes the pictures as they are', async () => {
  const { source, reports, loads, passthrough } = start();
  passthrough.want([own, wide]);
  const ended = passthrough.run().catch((error: unknown) => error);
  await source.deliver(1280, 720);
  expect(source.demand).toEqual({ ids: [1, 2], pictures: false });
  expect(reports).toMatchObject([{ type: 'ready', video: { width: 1280, passthrough: 'jpeg' } }]);
  expect(loads()).toBe(0);
  source.fail(new Error('unplugged'));
  expect(await ended).toMatchObject({ message: 'unplugged' });
  expect(reports.at(-1)).toEqual({ type: 'stats', captured: 3, dropped: { pipe: 1 } });
});

it.each([
  ['another width', narrow],
  ['sound', audio],
])('lets the rest do everything as soon as somebody wants %s, and loses no picture', async (_what, rendition) => {
  const { source, rest, reports, loads, passthrough } = start();
  passthrough.want([own]);
  const ended = passthrough.run().catch((error: unknown) => error);
  await source.deliver(1280, 720);
  passthrough.want([own, rendition]);
  expect(source.demand).toEqual({ ids: [1], pictures: false });
  await new Promise(setImmediate);
  expect(loads()).toBe(1);
  expect(rest.wanted).toEqual([own, rendition]);
  expect(rest.options).toMatchObject({ ready: true });
  passthrough.want([rendition]);
  expect(rest.wanted).toEqual([rendition]);
  // The read that was waiting is the rest's now.
  await source.deliver(1280, 720);
  expect(await rest.options?.reading).toMatchObject({ kind: 'jpeg' });
  expect(await ended).toMatchObject({ message: 'the rest has ended' });
  expect(loads()).toBe(1);
  expect(reports.filter(({ type }) => type === 'ready')).toHaveLength(1);
});

it('sees by the size of a picture that a width is not the whole any more', async () => {
  const { source, rest, passthrough } = start();
  passthrough.want([{ id: 5, codec: 'jpeg', width: 1280 }]);
  void passthrough.run().catch(() => undefined);
  await source.deliver(1920, 1080);
  await new Promise(setImmediate);
  expect(source.demand?.ids).toEqual([]);
  expect(rest.wanted).toEqual([{ id: 5, codec: 'jpeg', width: 1280 }]);
});

it('ends with the reason when the rest cannot be had', async () => {
  const { passthrough } = start(() => Promise.reject(new Error('no FFmpeg for this machine')));
  passthrough.want([narrow]);
  await expect(passthrough.run()).rejects.toThrow('no FFmpeg for this machine');
});

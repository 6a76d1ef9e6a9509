import type { Page } from 'playwright-core';
import { readBarCode } from './bar-code.ts';
import type { TestServer } from './server.ts';
import { type Reading, prepareReading } from './shown-pictures.ts';
import { eventually, frontSize } from './site.ts';
import { capturedAt, watch } from './watching.ts';

/** When each picture of the test pattern was captured, by its number, in milliseconds since 1970. */
export interface CaptureTimes extends AsyncDisposable {
  /** True once the picture of this number is known. */
  has(number: number): boolean;
  get(number: number): number | undefined;
}

/** Learns from a stream of its own when each picture of a camera was captured, from now on, for a minute at most. */
export async function watchTimes(server: TestServer, camera = 'front'): Promise<CaptureTimes> {
  const times = new Map<number, number>();
  const token = await server.token({ name: `times ${Math.random()}` });
  const stream = await watch(server, token, `/cameras/${camera}/stream.mjpeg`);
  const reading = (async () => {
    for await (const part of stream) {
      const number = await readBarCode(part.bytes, frontSize);
      if (number !== null) times.set(number, capturedAt(part));
    }
  })();
  return {
    has: (number) => times.has(number),
    get: (number) => times.get(number),
    async [Symbol.asyncDispose]() {
      stream.close();
      await reading;
    },
  };
}

/** How far from the truth what a page tells may be, in milliseconds: two pictures of the screen and a busy machine. */
export const ageTolerance = 90;

/** How many pictures are looked at. */
const looks = 60;

/** What a page showed, and what it told of it. */
interface Look {
  /** Milliseconds since 1970, when the picture came on the screen. */
  readonly at: number;
  readonly number: number;
  /** The age that was told then, in milliseconds. */
  readonly told: number;
}

/**
 * The true age of the pictures on a page, and how far what the page tells is from it; both medians, in milliseconds.
 */
export interface TrueAge {
  readonly age: number;
  readonly error: number;
}

/**
 * Holds the age that the live page tells against the true one: each picture says its number in its bar code, which the
 * page reads at the moment the picture comes, and another stream tells when the picture of that number was captured.
 */
export async function trueAge(page: Page, server: TestServer): Promise<TrueAge> {
  await using times = await watchTimes(server);
  await prepareReading(page);
  await page.evaluate((looks) => {
    const { stage, read } = (globalThis as unknown as { reading: Reading }).reading;
    const seen: Look[] = [];
    Object.assign(globalThis, { seen });
    let last: number | null = null;
    const look = (): void => {
      // First the time: reading takes some.
      const at = Date.now();
      const number = read();
      const told = stage.stats?.age ?? null;
      if (number !== null && number !== last && told !== null && last !== null) seen.push({ at, number, told });
      last = number;
    };
    const picture = stage.player?.display.element;
    // A canvas tells of no picture: whatever is new there since the last turn of the screen is.
    const next = (): void => {
      if (seen.length >= looks) return;
      if (picture instanceof HTMLVideoElement) picture.requestVideoFrameCallback(() => (next(), look()));
      else requestAnimationFrame(() => (next(), look()));
    };
    next();
  }, looks);
  const seen = () => page.evaluate(() => (globalThis as unknown as { seen: Look[] }).seen);
  await eventually(async () => (await seen()).length, 'pictures that were looked at').toBeGreaterThanOrEqual(looks);
  const all = await seen();
  await eventually(() => times.has(all.at(-1)?.number ?? -1)).toBe(true);
  const known = all.filter(({ number }) => times.has(number));
  const age = ({ at, number }: Look): number => at - (times.get(number) ?? 0);
  return { age: median(known.map(age)), error: median(known.map((each) => each.told - age(each))) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity;
}

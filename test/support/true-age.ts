import type { Page } from 'playwright-core';
import { readBarCode } from './bar-code.ts';
import type { TestServer } from './server.ts';
import { type Reading, prepareReading } from './shown-pictures.ts';
import { eventually, frontSize } from './site.ts';
import { capturedAt, watch } from './watching.ts';

/** The capture time of each frame of the test pattern, by its number, in milliseconds since 1970. */
export interface CaptureTimes extends AsyncDisposable {
  /** True if the frame with this number is known. */
  has(number: number): boolean;
  get(number: number): number | undefined;
}

/** Watches a camera over a separate stream for up to a minute, and records the capture time of each frame. */
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

/** The allowed error of the age on a page, in milliseconds: two refreshes of the screen, on a busy machine. */
export const ageTolerance = 90;

/** The number of frames to sample. */
const looks = 60;

/** A frame on a page, and the age that the page displayed. */
interface Look {
  /** When the frame came on the screen, in milliseconds since 1970. */
  readonly at: number;
  readonly number: number;
  /** The displayed age, in milliseconds. */
  readonly told: number;
}

/**
 * Returns the true age of the frames on a page, and the error of the displayed age. Both are medians in milliseconds.
 */
export interface TrueAge {
  readonly age: number;
  readonly error: number;
}

/**
 * Compares the age that the live page displays with the true one. The page reads the number of each frame from its bar
 * code when it arrives, and another stream tells when the frame with that number was captured.
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
      // The time comes first, because reading takes a while.
      const at = Date.now();
      const number = read();
      const told = stage.stats?.age ?? null;
      if (number !== null && number !== last && told !== null && last !== null) seen.push({ at, number, told });
      last = number;
    };
    const picture = stage.player?.display.element;
    // A canvas has no event for new frames, so it is read on every refresh of the screen.
    const next = (): void => {
      if (seen.length >= looks) return;
      if (picture instanceof HTMLVideoElement) picture.requestVideoFrameCallback(() => (next(), look()));
      else requestAnimationFrame(() => (next(), look()));
    };
    next();
  }, looks);
  const seen = () => page.evaluate(() => (globalThis as unknown as { seen: Look[] }).seen);
  await eventually(async () => (await seen()).length, 'pictures that were looked at').toBeGreaterThanOrEqual(looks);
  // The other stream may have missed some of these frames, or get them later.
  const all = await seen();
  const known = () => all.filter(({ number }) => times.has(number));
  await eventually(() => known().length, 'looks at frames of both streams').toBeGreaterThanOrEqual(looks / 2);
  const age = ({ at, number }: Look): number => at - (times.get(number) ?? 0);
  return { age: median(known().map(age)), error: median(known().map((each) => each.told - age(each))) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity;
}

import type { Page } from 'playwright-core';

/** What a page with the test pattern showed at one moment. */
export interface Shown {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The number of the frame, from its bar code; null if it cannot be read. */
  readonly number: number | null;
  /** The transport of the frames. */
  readonly transport: string;
  /** The state of the camera on the page: `live`, `reconnecting`, … */
  readonly camera: string | null;
}

/** How often the page is sampled, in milliseconds. */
const every = 50;

/** The part of the page's player that is used here. */
interface Stage {
  readonly currentTransport: string;
  readonly stats: { readonly age: number | null } | null;
  readonly player: {
    readonly camera: { readonly state: { readonly kind: string } } | null | undefined;
    readonly display: { readonly element: HTMLVideoElement | HTMLCanvasElement };
  } | null;
}

/** The object that {@link prepareReading} adds to a page. */
export interface Reading {
  readonly stage: Stage;
  /** Returns the number of the frame on the page; null if it cannot be read. */
  readonly read: () => number | null;
}

/**
 * Lets a page read the frames of its own player, as `reading`, so that the test and the connection to it do not distort
 * the measured times.
 */
export async function prepareReading(page: Page): Promise<void> {
  await page.locator('.stage').evaluate((element) => {
    const stage = element as unknown as Stage;
    const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const read = (): number | null => {
      const picture = stage.player?.display.element;
      if (copy === null || picture === undefined) return null;
      const isVideo = picture instanceof HTMLVideoElement;
      const [width, height] = isVideo ? [picture.videoWidth, picture.videoHeight] : [picture.width, picture.height];
      if (width === 0 || height === 0) return null;
      // 36 cells along the lower edge, as painted by src/capture/sources/pattern-painter.ts.
      const cell = Math.floor(width / 36);
      const row = Math.floor(height - Math.max(cell, Math.floor(height / 12)) / 2);
      copy.canvas.width = width;
      copy.drawImage(picture, 0, row, width, 1, 0, 0, width, 1);
      const { data } = copy.getImageData(0, 0, width, 1);
      let bits = '';
      for (let index = 0; index < 36; index += 1) {
        const grey = data[Math.floor((index + 0.5) * cell) * 4 + 1] ?? 0;
        if (grey > 90 && grey < 166) return null;
        bits += grey >= 166 ? '1' : '0';
      }
      const number = /^10([01]{32})10$/.exec(bits)?.[1];
      return number === undefined ? null : Number.parseInt(number, 2);
    };
    Object.assign(globalThis, { reading: { stage, read } });
  });
}

/**
 * Records what the page's player shows from now on.
 *
 * @returns a function that returns the records so far
 */
export async function recordShown(page: Page): Promise<() => Promise<readonly Shown[]>> {
  await prepareReading(page);
  await page.evaluate((every) => {
    const { stage, read } = (globalThis as unknown as { reading: Reading }).reading;
    const log: Shown[] = [];
    Object.assign(globalThis, { shownLog: log });
    setInterval(() => {
      const camera = stage.player?.camera?.state.kind ?? null;
      log.push({ at: Date.now(), number: read(), transport: stage.currentTransport, camera });
    }, every);
  }, every);
  return () => page.evaluate(() => (globalThis as unknown as { shownLog: Shown[] }).shownLog);
}

/**
 * Measures when the video moved again, which is when a second new frame was shown.
 *
 * @param since milliseconds since 1970
 * @returns milliseconds since then; Infinity if it has not moved
 */
export function movedAfter(log: readonly Shown[], since: number): number {
  const before = log.findLast(({ at, number }) => at <= since && number !== null)?.number ?? null;
  const seen = new Set<number | null>([null, before]);
  for (const { at, number } of log) {
    if (at <= since || seen.has(number)) continue;
    seen.add(number);
    if (seen.size === 4) return at - since;
  }
  return Infinity;
}

/** Returns the transports that were used, in order. */
export function waysOf(log: readonly Shown[]): readonly string[] {
  return log.map(({ transport }) => transport).filter((way, index, all) => way !== all[index - 1]);
}

import type { Page } from 'playwright-core';

/** What a page of the test pattern showed at one moment. */
export interface Shown {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The number of the picture, off its bar code; null while none can be read. */
  readonly number: number | null;
  /** How the picture comes. */
  readonly transport: string;
  /** What the page knows of the camera: `live`, `reconnecting`, … */
  readonly camera: string | null;
}

/** How often the page looks, in milliseconds. */
const every = 50;

/** What is used of the page's player there. */
interface Stage {
  readonly currentTransport: string;
  readonly stats: { readonly age: number | null } | null;
  readonly player: {
    readonly camera: { readonly state: { readonly kind: string } } | null | undefined;
    readonly display: { readonly element: HTMLVideoElement | HTMLCanvasElement };
  } | null;
}

/** What {@link prepareReading} gives a page. */
export interface Reading {
  readonly stage: Stage;
  /** The number of the picture that is shown; null while none can be read. */
  readonly read: () => number | null;
}

/**
 * Lets a page read the pictures of its own player, as `reading`. What a test does meanwhile, and the way to it, cost no
 * time then that would be taken for the page's.
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
      // As src/capture/sources/pattern-painter.ts paints it: 36 cells along the lower edge.
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
 * Notes what the page's player shows from now on.
 *
 * @returns what was shown so far
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
 * When the picture moved again: by then a second new one was shown.
 *
 * @param since milliseconds since 1970
 * @returns milliseconds since then; Infinity while it stands still
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

/** The ways that the picture took, one after the other. */
export function waysOf(log: readonly Shown[]): readonly string[] {
  return log.map(({ transport }) => transport).filter((way, index, all) => way !== all[index - 1]);
}

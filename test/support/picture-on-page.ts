import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { readBarCode } from './bar-code.ts';
import { eventually, frontSize } from './site.ts';

/** The element that shows the frames: the video if it has any, else the canvas, else the plain image. */
const shown =
  '.picture:has(> video:not(.coming)) > video:not(.coming), .picture:not(:has(> video:not(.coming))) > :is(canvas, .feed), .pic > .feed';

function shownIn(stage: string): string {
  return shown
    .split(', ')
    .map((each) => `${stage} ${each}`)
    .join(', ');
}

/**
 * Takes a screenshot of the visible frame: the area in which the video, canvas or image shows its pixels, with
 * everything on top of it.
 */
export async function pictureOnScreen(page: Page): Promise<Buffer> {
  const box = await page.locator(shown).evaluate((element) => {
    const picture = element as HTMLVideoElement | HTMLCanvasElement | HTMLImageElement;
    const { left, top, width, height } = picture.getBoundingClientRect();
    const natural =
      picture instanceof HTMLImageElement
        ? { width: picture.naturalWidth, height: picture.naturalHeight }
        : picture instanceof HTMLVideoElement
          ? { width: picture.videoWidth, height: picture.videoHeight }
          : { width: picture.width, height: picture.height };
    const scale = Math.min(width / natural.width, height / natural.height);
    const size = { width: natural.width * scale, height: natural.height * scale };
    return { x: left + (width - size.width) / 2, y: top + (height - size.height) / 2, ...size };
  });
  return page.screenshot({ clip: box, animations: 'allow' });
}

/**
 * Cuts out the part of a screenshot in which the pattern's block moves, away from everything that Porthole shows on
 * top.
 */
export async function movingPart(picture: Buffer): Promise<Buffer> {
  const { width, height } = await sharp(picture).metadata();
  const region = { left: 0, top: Math.round(height * 0.2), width, height: Math.round(height * 0.14) };
  return sharp(picture).extract(region).png().toBuffer();
}

/** Reads the number of the frame on the screen from its bar code. Waits until nothing covers the code. */
export async function numberOnScreen(page: Page): Promise<number> {
  // The bar is dark: under its edge the code would be read as another number.
  const covered = () =>
    page.evaluate(() => {
      const bar = document.querySelector('.bar');
      const style = bar === null ? null : getComputedStyle(bar);
      return style !== null && style.position === 'absolute' && style.opacity !== '0';
    });
  await eventually(covered, 'the controls have left').toBe(false);
  return untilNumber(async () => readBarCode(await pictureOnScreen(page), frontSize));
}

/** Returns the frame in the page's video or canvas as PNG, without anything on top of it. */
export async function pictureDrawn(page: Page, stage = '.stage'): Promise<Buffer> {
  const url = await page.locator(shownIn(stage)).evaluate((element) => {
    const picture = element as HTMLVideoElement | HTMLCanvasElement;
    if (picture instanceof HTMLCanvasElement) return picture.toDataURL('image/png');
    const copy = document.createElement('canvas');
    copy.width = picture.videoWidth;
    copy.height = picture.videoHeight;
    copy.getContext('2d')?.drawImage(picture, 0, 0);
    return copy.toDataURL('image/png');
  });
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

/** Reads the number of that frame. */
export async function numberDrawn(page: Page, stage = '.stage'): Promise<number> {
  return untilNumber(async () => readBarCode(await pictureDrawn(page, stage), frontSize));
}

/** Shows the controls, which hide automatically, by moving the mouse. */
export async function wakeControls(page: Page): Promise<void> {
  for (const y of [120, 140]) await page.mouse.move(200, y);
}

/** Waits until the page says that the camera is live and shows new frames of the test pattern. */
export async function untilMoving(page: Page, stage = '.stage'): Promise<void> {
  await page.locator(`${stage}[data-state=live]`).waitFor();
  // A camera that is opened again counts from 0, so the number must grow between two looks.
  let last = Infinity;
  await eventually(async () => {
    const before = last;
    last = await numberDrawn(page, stage);
    return last > before;
  }, 'the picture moves').toBe(true);
}

/** Returns the width of the frames that the page shows, in pixels. */
export async function drawnWidth(page: Page, stage = '.stage'): Promise<number> {
  return page
    .locator(shownIn(stage))
    .evaluate((picture) =>
      picture instanceof HTMLVideoElement ? picture.videoWidth : (picture as HTMLCanvasElement).width,
    );
}

async function untilNumber(read: () => Promise<number | null>): Promise<number> {
  let number: number | null = null;
  await eventually(async () => (number = await read()), 'a picture whose bar code can be read').not.toBeNull();
  return number as unknown as number;
}

import { findAll } from '../lib/dom.ts';

/** How often thumbnails are loaded again (ms). */
const everyMs = 2000;
/** A webcam that is no camera yet is opened for each image, which takes longer. */
const rounds = 4;

/** Keeps the thumbnails of webcams up to date while the page is visible, and hides those that can't be loaded. */
export function followThumbnails(): void {
  const isThumbnail = (target: EventTarget | null): target is HTMLImageElement =>
    target instanceof HTMLImageElement && target.dataset.thumbnail !== undefined;
  // These events don't bubble, and rows come and go.
  addEventListener('error', ({ target }) => isThumbnail(target) && (target.hidden = true), true);
  addEventListener('load', ({ target }) => isThumbnail(target) && (target.hidden = false), true);
  for (const image of findAll<HTMLImageElement>('[data-thumbnail]')) {
    // Loading may have failed before this script ran.
    image.hidden = image.complete && image.naturalWidth === 0;
  }
  let round = 0;
  setInterval(() => {
    round += 1;
    if (document.hidden) return;
    for (const image of findAll<HTMLImageElement>('[data-thumbnail]')) reload(image, round);
  }, everyMs);
}

function reload(image: HTMLImageElement, round: number): void {
  const address = image.dataset.thumbnail ?? '';
  const isOpenedForIt = address.includes('/webcams/');
  // Of another that is still loading, a second request would only wait.
  if (!image.complete || address.endsWith('/poster.jpg') || (isOpenedForIt && round % rounds !== 0)) return;
  image.loading = 'eager';
  image.src = `${address}${address.includes('?') ? '&' : '?'}at=${Date.now()}`;
}

import { savesData } from '../lib/data-saver.ts';
import { find, findAll } from '../lib/dom.ts';

const refreshMs = 60_000;

/** Refreshes the pictures of the other cameras while they are visible. Only live cameras have newer ones. */
export function refreshOtherCameras(): void {
  setInterval(() => {
    if (document.hidden || savesData()) return;
    for (const link of findAll('.others a:has([data-tone=live])')) if (link.checkVisibility()) void refresh(link);
  }, refreshMs);
}

/** The old picture stays until the new one has been decoded. */
async function refresh(link: HTMLElement): Promise<void> {
  const picture = new Image();
  picture.alt = '';
  picture.src = `/cameras/${encodeURIComponent(link.dataset.camera ?? '')}/poster.jpg?at=${Date.now()}`;
  await picture.decode().catch(() => {});
  if (picture.naturalWidth === 0) return;
  find('img', link)?.remove();
  find('.thumb', link)?.append(picture);
}

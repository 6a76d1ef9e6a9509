import type { Photo } from '../../domain/photo.ts';
import { dataSaver } from '../../domain/users/data-saver.ts';
import { savesData } from './data-saver.ts';
import { find } from './dom.ts';
import { pageTimes, setTime } from './page-times.ts';

/** Creates a list item for a photo from the page's template; null if the page has no such template. */
export function photoItem(photo: Photo): HTMLLIElement | null {
  const item = find<HTMLTemplateElement>('#photo-template')?.content.firstElementChild?.cloneNode(true);
  if (!(item instanceof HTMLLIElement)) return null;
  const url = `/photos/${encodeURIComponent(photo.id)}`;
  const time = pageTimes().write(photo.takenAt, 'clock');
  const link = find<HTMLAnchorElement>('a', item);
  const image = find<HTMLImageElement>('img', item);
  const clock = find<HTMLTimeElement>('time', item);
  if (link === null || image === null || clock === null) return null;
  link.href = url;
  link.dataset.id = photo.id;
  image.src = `${url}/thumbnail${savesData() ? `?width=${dataSaver.thumbnail}` : ''}`;
  image.alt = `${photo.cameraName}, ${time}`;
  const camera = find('.photo-camera', clock);
  if (camera !== null) camera.textContent = `${photo.cameraName} `;
  setTime(clock, photo.takenAt, 'clock');
  return item;
}

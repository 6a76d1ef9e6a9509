import type { Photo } from '../../domain/photo.ts';
import { timeWord } from '../../text/words.ts';
import { find, findAll, mayMove, serverZone } from '../lib/dom.ts';

const most = 12;

/** A list item for a photo, made from the page's template. */
export function photoItem(photo: Photo): HTMLLIElement | null {
  const item = find<HTMLTemplateElement>('#photo-template')?.content.firstElementChild?.cloneNode(true);
  if (!(item instanceof HTMLLIElement)) return null;
  const url = `/photos/${encodeURIComponent(photo.id)}`;
  const time = timeWord(photo.takenAt, serverZone());
  const link = find<HTMLAnchorElement>('a', item);
  const image = find<HTMLImageElement>('img', item);
  const clock = find<HTMLTimeElement>('time', item);
  if (link === null || image === null || clock === null) return null;
  link.href = url;
  link.dataset.id = photo.id;
  image.src = `${url}/thumbnail`;
  image.alt = `${photo.cameraName}, ${time}`;
  clock.dateTime = new Date(photo.takenAt).toISOString();
  const camera = find('.photo-camera', clock);
  if (camera !== null) camera.textContent = `${photo.cameraName} `;
  clock.append(time);
  return item;
}

/** The latest photos below the picture. */
export class Filmstrip {
  readonly #list = find('#film');

  /** Adds a photo in front, if it is not there yet. */
  add(photo: Photo): HTMLElement | null {
    if (this.#list === null || find(`[data-id="${CSS.escape(photo.id)}"]`, this.#list) !== null) return null;
    const item = photoItem(photo);
    if (item === null) return null;
    const before = findAll('li', this.#list).map((each) => ({ each, left: each.getBoundingClientRect().left }));
    this.#list.prepend(item);
    this.#list.scrollTo({ left: 0 });
    for (const old of findAll('li', this.#list).slice(most)) old.remove();
    slide(before);
    return item;
  }

  /** True where the photos can be seen: not on a wall, not in full screen. */
  get visible(): boolean {
    return this.#list !== null && document.fullscreenElement === null && find('.filling') === null;
  }

  /** A photo that this page has just taken: it flies from the picture into its place. */
  fly(photo: Photo, still: Still | null): void {
    const item = this.add(photo);
    const film = this.#list?.getBoundingClientRect();
    if (item === null || still === null || film === undefined || !this.visible || !mayMove()) return;
    const from = pictureBox(still);
    const place = item.getBoundingClientRect();
    const flying = copyOf(still);
    flying.className = 'flying';
    Object.assign(flying.style, {
      left: `${film.left}px`,
      top: `${place.top}px`,
      width: `${place.width}px`,
      height: `${place.height}px`,
    });
    document.body.append(flying);
    item.style.opacity = '0';
    const moved = `translate(${from.left - film.left}px, ${from.top - place.top}px)`;
    const scaled = `scale(${from.width / place.width}, ${from.height / place.height})`;
    flying.style.transformOrigin = '0 0';
    const flight = flying.animate(
      [
        { transform: `${moved} ${scaled}`, opacity: 0.9 },
        { transform: 'none', opacity: 1 },
      ],
      { duration: 420, easing: 'cubic-bezier(.3, .7, .2, 1)' },
    );
    void flight.finished.finally(() => {
      item.style.opacity = '';
      flying.remove();
    });
  }

  /** Photos that somebody deleted. */
  remove(ids: readonly string[]): void {
    for (const id of ids)
      find(`#film [data-id="${CSS.escape(id)}"]`)
        ?.closest('li')
        ?.remove();
  }
}

/** Lets the older photos glide to their new places. */
function slide(before: readonly { readonly each: HTMLElement; readonly left: number }[]): void {
  if (!mayMove()) return;
  for (const { each, left } of before) {
    const moved = left - each.getBoundingClientRect().left;
    if (moved !== 0 && each.isConnected) {
      each.animate([{ transform: `translateX(${moved}px)` }, { transform: 'none' }], {
        duration: 300,
        easing: 'cubic-bezier(.2, .7, .2, 1)',
      });
    }
  }
}

/** What shows the live picture. */
type Still = HTMLCanvasElement | HTMLVideoElement;

function sizeOf(still: Still): { readonly width: number; readonly height: number } {
  return still instanceof HTMLVideoElement ? { width: still.videoWidth, height: still.videoHeight } : still;
}

/** Where the picture itself is, without the black beside it. */
function pictureBox(still: Still): { left: number; top: number; width: number; height: number } {
  const box = still.getBoundingClientRect();
  const size = sizeOf(still);
  const scale = Math.min(box.width / size.width, box.height / size.height);
  const [width, height] = [size.width * scale, size.height * scale];
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
}

/** What is shown now, at the size of a thumbnail. */
function copyOf(still: Still): HTMLCanvasElement {
  const copy = document.createElement('canvas');
  const { width, height } = sizeOf(still);
  copy.width = Math.min(640, width);
  copy.height = Math.round((copy.width * height) / width);
  copy.getContext('2d')?.drawImage(still, 0, 0, copy.width, copy.height);
  return copy;
}

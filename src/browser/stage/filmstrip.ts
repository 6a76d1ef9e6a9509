import type { Photo } from '../../domain/photo.ts';
import { find, findAll, mayMove } from '../lib/dom.ts';
import { photoItem } from '../lib/photo-item.ts';

/** How many photos the filmstrip shows. */
const most = 12;

/** The latest photos below the video. */
export class Filmstrip {
  readonly #list = find('#film');

  /** Adds a photo in front. @returns null if it is already there */
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

  /** True if the filmstrip is on the screen: not in kiosk mode or full screen. */
  get visible(): boolean {
    return this.#list !== null && document.fullscreenElement === null && find('.filling') === null;
  }

  /** Adds a photo that this page has just taken, with an animation from the video into its place. */
  fly(photo: Photo, still: Still | null): void {
    const item = this.add(photo);
    if (item === null || still === null || !this.visible || !mayMove()) return;
    const from = videoBox(still);
    const place = item.getBoundingClientRect();
    const flying = copyOf(still);
    flying.className = 'flying';
    Object.assign(flying.style, {
      left: `${place.left}px`,
      top: `${place.top}px`,
      width: `${place.width}px`,
      height: `${place.height}px`,
    });
    document.body.append(flying);
    item.style.opacity = '0';
    const moved = `translate(${from.left - place.left}px, ${from.top - place.top}px)`;
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

  /** Removes deleted photos. */
  remove(ids: readonly string[]): void {
    for (const id of ids)
      find(`#film [data-id="${CSS.escape(id)}"]`)
        ?.closest('li')
        ?.remove();
  }
}

/** Animates the older photos to their new places. */
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

/** The element that shows the camera. */
type Still = HTMLCanvasElement | HTMLVideoElement;

function sizeOf(still: Still): { readonly width: number; readonly height: number } {
  return still instanceof HTMLVideoElement ? { width: still.videoWidth, height: still.videoHeight } : still;
}

/** Position and size of the video without its letterbox bars. */
function videoBox(still: Still): { left: number; top: number; width: number; height: number } {
  const box = still.getBoundingClientRect();
  const size = sizeOf(still);
  const scale = Math.min(box.width / size.width, box.height / size.height);
  const [width, height] = [size.width * scale, size.height * scale];
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
}

/** The current frame at the size of a thumbnail. */
function copyOf(still: Still): HTMLCanvasElement {
  const copy = document.createElement('canvas');
  const { width, height } = sizeOf(still);
  copy.width = Math.min(640, width);
  copy.height = Math.round((copy.width * height) / width);
  copy.getContext('2d')?.drawImage(still, 0, 0, copy.width, copy.height);
  return copy;
}

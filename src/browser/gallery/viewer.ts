import { find, findAll } from '../lib/dom.ts';
import { listenForKeys } from '../lib/keyboard.ts';
import { pageData } from '../lib/page-data.ts';
import { whole } from '../player/zoom/zoom.ts';
import { ZoomGestures } from '../player/zoom/zoom-gestures.ts';

/** Adds behaviour to the page of one photo: keys, swipes, zoom, and preloading of its neighbours. */
export function upgradeViewer(): void {
  const frame = find('#viewer');
  const picture = find<HTMLImageElement>('#large');
  if (frame === null || picture === null) return;
  for (const step of findAll<HTMLAnchorElement>('#newer, #older')) step.addEventListener('click', replacePage);
  const go = (selector: string) => find<HTMLAnchorElement>(selector)?.click();
  picture.draggable = false;
  const zoom = new ZoomGestures({
    frame,
    apply({ scale, x, y }, smooth) {
      picture.style.transform = scale > 1 ? `translate(${x}px, ${y}px) scale(${scale})` : '';
      picture.classList.toggle('smooth', smooth);
    },
    swiped: (by) => go(by < 0 ? '#newer' : '#older'),
  });
  listenForKeys({
    ArrowLeft: () => go('#newer'),
    ArrowRight: () => go('#older'),
    Escape: () => (zoom.zoomed ? zoom.set(whole) : go('#back')),
    Delete: () => find<HTMLFormElement>('#delete-photo')?.requestSubmit(),
    '+': () => zoom.by(1.5),
    '-': () => zoom.by(1 / 1.5),
    '0': () => zoom.set(whole),
  });
  const neighbours = pageData<{ readonly newer: string | null; readonly older: string | null }>();
  picture.decode().then(
    () => [neighbours?.older, neighbours?.newer].forEach((id) => id && preload(id)),
    () => undefined,
  );
}

/** Replaces the history entry, so that Back returns to the gallery and not to the previous photo. */
function replacePage(this: HTMLAnchorElement, event: MouseEvent): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  location.replace(this.href);
}

function preload(id: string): void {
  new Image().src = `/photos/${encodeURIComponent(id)}/file`;
}

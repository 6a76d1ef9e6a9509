import { m } from '#messages';
import { find, findAll } from '../lib/dom.ts';
import { replace } from '../lib/page-data.ts';
import { toast } from '../lib/toasts.ts';

/** Parts of a live page that depend on the user's role. */
const roleParts = ['form.capture', '#show-controls', '#adjust', '.strip', '.ptz-over'];
const noticeKey = 'notice';

/**
 * Adopts another role or other cameras of the user from a fresh version of the page, and says what has changed. Loads the
 * page again only if the user may do more on it than before, or if it has a tile for each camera.
 */
export function adoptAccess(fresh: Document): void {
  const text = whatChanged(fresh);
  if (find('.cams') !== null || roleParts.some((part) => find(part) === null && find(part, fresh) !== null)) {
    sessionStorage.setItem(noticeKey, text);
    location.reload();
    return;
  }
  for (const part of roleParts) if (find(part, fresh) === null) find(part)?.remove();
  replace('.places', fresh);
  toast({ kind: 'done', text });
}

/** Shows what a page said before it was loaded again. */
export function showNotice(): void {
  const text = sessionStorage.getItem(noticeKey);
  sessionStorage.removeItem(noticeKey);
  if (text !== null) toast({ kind: 'done', text });
}

function whatChanged(fresh: Document): string {
  const [before, now] = [camerasOf(document), camerasOf(fresh)];
  const [captured, captures] = [document, fresh].map((page) => find('form.capture', page) !== null);
  const names = (of: Map<string, string>, without: Map<string, string>) =>
    [...of].filter(([id]) => !without.has(id)).map(([, name]) => name);
  const list = new Intl.ListFormat(m.common_intl());
  const [lost, gained] = [names(before, now), names(now, before)];
  return [
    m.live_access_changed(),
    lost.length > 0 ? m.live_access_lost({ cameras: list.format(lost) }) : '',
    gained.length > 0 ? m.live_access_gained({ cameras: list.format(gained) }) : '',
    captured === true && captures === false && lost.length === 0 ? m.live_access_watch_only() : '',
    captured === false && captures === true ? m.live_access_capture() : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** The names of the cameras in a page's tabs, by id. */
function camerasOf(page: Document): Map<string, string> {
  return new Map(
    findAll('.tabs [data-camera]', page).map((tab) => [
      tab.dataset.camera ?? '',
      find('.name', tab)?.textContent ?? '',
    ]),
  );
}

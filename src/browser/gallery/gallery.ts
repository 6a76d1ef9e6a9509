import type { Photo } from '../../domain/photo.ts';
import { photosWord } from '../../text/words.ts';
import { Connection } from '../connection/connection.ts';
import { find, findAll } from '../lib/dom.ts';
import { pageTimes } from '../lib/page-times.ts';
import { photoItem } from '../lib/photo-item.ts';
import { listenForKeys } from '../lib/keyboard.ts';
import { adoptShell, fetchPage, pageData, replace } from '../lib/page-data.ts';
import { askApi } from '../lib/post.ts';
import { Selection } from './selection.ts';
import { toast } from '../lib/toasts.ts';

/** Adds behaviour to the gallery: selection, deletion with undo, endless scrolling, and new photos as they are taken. */
export function upgradeGallery(): void {
  const gallery = find<HTMLFormElement>('#gallery');
  followPhotos();
  if (gallery === null) return;
  const selection = new Selection(gallery);
  const remove = find<HTMLButtonElement>('#delete-selected');
  remove?.addEventListener('click', (event) => {
    event.preventDefault();
    void deletePhotos(selection);
  });
  listenForKeys({
    Escape: () => selection.none(),
    Delete: () => void (selection.ticks.length > 0 && remove?.click()),
  });
  addEventListener('keydown', (event) => {
    if (
      (event.ctrlKey || event.metaKey) &&
      event.key === 'a' &&
      document.activeElement?.matches('input[type=text]') !== true
    ) {
      event.preventDefault();
      selection.all();
    }
  });
  followOlder();
}

async function deletePhotos(selection: Selection): Promise<void> {
  const items = selection.ticks.map((tick) => tick.closest('li')).filter((item) => item !== null);
  const ids = selection.ticks.map((tick) => tick.value);
  if (ids.length === 0) return;
  selection.none();
  setHidden(items, true);
  const result = await askApi('POST', '/api/photos/delete', { ids });
  if (!result.ok) {
    setHidden(items, false);
    toast({ kind: 'error', text: result.problem.message });
    return;
  }
  void recount();
  toast({
    kind: 'done',
    text: `${photosWord(ids.length)} deleted.`,
    undo: () => void restorePhotos(ids, items),
  });
}

async function restorePhotos(ids: readonly string[], items: readonly HTMLElement[]): Promise<void> {
  const result = await askApi('POST', '/api/photos/restore', { ids });
  if (!result.ok) return toast({ kind: 'error', text: result.problem.message });
  setHidden(items, false);
  toast({ kind: 'done', text: ids.length === 1 ? 'The photo is back.' : `${ids.length} photos are back.` });
  void recount();
}

/** Hides deleted photos in place, so that undo can show them again, and days without photos. */
function setHidden(items: readonly HTMLElement[], hidden: boolean): void {
  for (const item of items) {
    item.hidden = hidden;
    const day = item.closest<HTMLElement>('.day');
    if (day !== null) day.hidden = find('li:not([hidden])', day) === null;
  }
}

/** Updates the counts from the server. */
async function recount(): Promise<void> {
  const fresh = await fetchPage();
  if (fresh.kind !== 'page') return;
  replace('#usage', fresh.document);
  for (const day of findAll('.day')) {
    const now = find(`.day[data-day="${day.dataset.day ?? ''}"] .day-head p`, fresh.document);
    const old = find('.day-head p', day);
    if (now !== null && old !== null) old.textContent = now.textContent;
  }
}

/** Loads older photos as soon as the link to them comes near. */
function followOlder(): void {
  const link = find<HTMLAnchorElement>('#older');
  if (link === null) return;
  let loading = false;
  const load = async () => {
    if (loading) return;
    loading = true;
    link.setAttribute('aria-busy', 'true');
    const fresh = await fetchPage(link.href);
    if (fresh.kind === 'page' && link.isConnected) {
      observer.disconnect();
      append(fresh.document);
      const next = find('#older', fresh.document);
      if (next === null) link.remove();
      else link.replaceWith(document.adoptNode(next));
      followOlder();
    }
    link.removeAttribute('aria-busy');
    loading = false;
  };
  const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void load(), {
    rootMargin: '1200px',
  });
  observer.observe(link);
  link.addEventListener('click', (event) => {
    event.preventDefault();
    void load();
  });
}

/** Appends the days of an older page; a day on both pages is merged. */
function append(older: Document): void {
  const place = find('#days');
  for (const day of findAll('#days > .day', older)) {
    const same = find(`#days > .day[data-day="${day.dataset.day ?? ''}"] .tiles`);
    if (same === null) place?.append(document.adoptNode(day));
    else same.append(...findAll('.tiles > li', day).map((item) => document.adoptNode(item)));
  }
}

/** Follows photos that are taken or deleted meanwhile. */
function followPhotos(): void {
  const data = pageData<{ readonly camera: string | null; readonly firstPage: boolean }>();
  const connection = new Connection({ server: location.origin, token: null });
  connection.whyDown = async () => {
    const fresh = await fetchPage();
    if (fresh.kind === 'page') adoptShell(fresh.document);
    return fresh.kind === 'page' ? 'fine' : fresh.kind;
  };
  connection.listen({
    event: (event) => {
      if (event.type === 'photos-deleted') removePhotos(event.ids);
      if (event.type !== 'photo' || data?.firstPage !== true) return;
      if (data.camera === null || data.camera === event.photo.cameraId) addNew(event.photo);
    },
    status: (_status, again) => void (again && recount()),
  });
}

/** Inserts a photo by its time, or shows a restored one again. */
function addNew(photo: Photo): void {
  const known = find(`#days [data-id="${CSS.escape(photo.id)}"]`)?.closest('li');
  if (known) return setHidden([known], false);
  const day = pageTimes().dayOf(photo.takenAt);
  const newest = find('#days > .day')?.dataset.day ?? '';
  const tiles = find(`.day[data-day="${day}"] .tiles`);
  if (tiles === null) {
    // The first photo of a day needs a heading from the server; a selection in progress prevents the reload.
    if (day > newest && find(':checked') === null) setTimeout(() => location.reload(), 1200);
    return;
  }
  const item = photoItem(photo);
  const tick = item === null ? null : find<HTMLInputElement>('.tick input', item);
  if (item === null || tick === null) return;
  tick.value = photo.id;
  tick.setAttribute('aria-label', `Select ${find('img', item)?.getAttribute('alt') ?? ''}`);
  item.classList.add('arriving');
  const older = findAll<HTMLTimeElement>('li time', tiles).find((time) => Date.parse(time.dateTime) <= photo.takenAt);
  tiles.insertBefore(item, older?.closest('li') ?? null);
  void recount();
}

function removePhotos(ids: readonly string[]): void {
  const items = ids
    .map((id) => find(`#days [data-id="${CSS.escape(id)}"]`)?.closest('li') ?? null)
    .filter((item): item is HTMLLIElement => item !== null && !item.hidden);
  if (items.length === 0) return;
  for (const item of items) {
    const tick = find<HTMLInputElement>('.tick input', item);
    if (tick !== null) tick.checked = false;
  }
  setHidden(items, true);
  void recount();
}

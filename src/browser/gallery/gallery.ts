import { m } from '#messages';
import type { Photo, PhotoDay } from '../../domain/photo.ts';
import { joined } from '../../text/joined.ts';
import { bytesWord, photosWord } from '../../text/words.ts';
import { Connection } from '../connection/connection.ts';
import { find, findAll, setText } from '../lib/dom.ts';
import { pageTimes } from '../lib/page-times.ts';
import { photoItem } from '../lib/photo-item.ts';
import { listenForKeys } from '../lib/keyboard.ts';
import { adoptShell, fetchPage, pageData } from '../lib/page-data.ts';
import { askApi } from '../lib/post.ts';
import { LoadedPhotos } from './loaded-photos.ts';
import { Place } from './place.ts';
import { Scrubber } from './scrubber.ts';
import { ServerWatch } from '../connection/server-watch.ts';
import { Selection } from './selection.ts';
import { toast } from '../lib/toasts.ts';

/** What the server tells the gallery's script. */
interface GalleryData {
  readonly camera: string | null;
  /** The zone of the page's days. */
  readonly zone: string | null;
  readonly newest: number;
  readonly count: number;
}

/** Several photos may come or go at once; then they are counted once, in milliseconds. */
const recountAfter = 300;
/** The thumbnail of a new photo is there by then, in milliseconds. */
const refreshAfter = 1200;

/**
 * Adds behaviour to the gallery: selection, deletion with undo, endless scrolling both ways, the way back to a photo, the
 * date scrubber, and new photos as they are taken.
 */
export function upgradeGallery(): void {
  const data = pageData<GalleryData>() ?? { camera: null, zone: null, newest: 0, count: 0 };
  const form = find<HTMLFormElement>('#gallery');
  if (form === null) {
    // The first photo brings the gallery.
    followPhotos({
      added: ({ cameraId }) => isShown(data, cameraId) && reloadSoon(),
      removed: () => {},
      again: () => {},
    });
    return;
  }
  new Gallery(form, data).start();
}

class Gallery {
  readonly #data: GalleryData;
  readonly #selection: Selection;
  readonly #photos: LoadedPhotos;
  readonly #place: Place;
  readonly #scrubber: Scrubber | null;
  #days: readonly PhotoDay[] = [];
  #count: number;
  #newest: number;
  #recount = 0;
  #refresh = 0;

  constructor(form: HTMLFormElement, data: GalleryData) {
    this.#data = data;
    this.#count = data.count;
    this.#newest = data.newest;
    this.#photos = new LoadedPhotos(() => this.#shown());
    this.#selection = new Selection(form, () => ({ count: this.#count, days: this.#days, newest: this.#newest }));
    const rail = find('#scrubber');
    const go = (day: string) => void this.#place.showDay(day);
    this.#scrubber = rail === null ? null : new Scrubber(rail, go);
    this.#place = new Place(this.#photos, (day) => this.#scrubber?.show(day));
    find<HTMLInputElement>('#go-to [type=date]')?.addEventListener('change', ({ target }) => {
      const { value, validity } = target as HTMLInputElement;
      if (value !== '' && validity.valid) go(value);
    });
  }

  start(): void {
    const remove = find<HTMLButtonElement>('#delete-selected');
    remove?.addEventListener('click', (event) => {
      event.preventDefault();
      void this.#delete();
    });
    listenForKeys({
      Escape: () => this.#selection.none(),
      Delete: () => void (this.#selection.count > 0 && remove?.click()),
    });
    addEventListener('keydown', (event) => {
      const inField = document.activeElement?.matches('input:not([type=checkbox])') === true;
      if (!(event.ctrlKey || event.metaKey) || event.key !== 'a' || inField) return;
      event.preventDefault();
      this.#selection.all();
    });
    followPhotos({
      added: (photo) => isShown(this.#data, photo.cameraId) && this.#add(photo),
      removed: (ids) => this.#remove(ids),
      again: () => this.#recountSoon(),
    });
    void this.#begin();
  }

  async #begin(): Promise<void> {
    // The server may have learnt the browser's zone from this page only: then its days are others.
    if (this.#data.zone !== null && this.#data.zone !== this.#zone) await this.#photos.jump(location.href);
    await this.#place.follow();
    this.#photos.follow();
    await this.#takeCounts();
  }

  get #zone(): string {
    return pageTimes().zone;
  }

  /** The page has other photos now. */
  #shown(): void {
    this.#photos.follow();
    this.#selection.show();
  }

  async #delete(): Promise<void> {
    const { items, ids, whole, count } = this.#selection;
    if (count === 0) return;
    const reselect = this.#selection.take();
    this.#photos.pause();
    setHidden(items, true);
    const choice = whole === null ? { ids } : { ...whole, camera: this.#data.camera ?? undefined, zone: this.#zone };
    const result = await askApi<{ count: number; deletion?: number }>('POST', '/api/photos/delete', choice);
    this.#photos.follow();
    if (!result.ok) {
      setHidden(items, false);
      reselect();
      toast({ kind: 'error', text: result.problem.message });
      return;
    }
    this.#recountSoon();
    const { deletion, count: deleted } = result.value;
    toast({
      kind: 'done',
      text: m.photos_deleted({ count: deleted, shown: deleted.toLocaleString(m.common_intl()) }),
      undo: () => void this.#restore(deletion === undefined ? { ids } : { deletion }, items),
    });
  }

  async #restore(
    what: { ids: readonly string[] } | { deletion: number },
    items: readonly HTMLElement[],
  ): Promise<void> {
    const result = await askApi<{ count: number }>('POST', '/api/photos/restore', what);
    if (!result.ok) return toast({ kind: 'error', text: result.problem.message });
    const { count } = result.value;
    if (count === 0) return toast({ kind: 'error', text: m.photos_too_late() });
    setHidden(items, false);
    toast({
      kind: 'done',
      text: m.photos_back({ count, shown: count.toLocaleString(m.common_intl()) }),
    });
    this.#recountSoon();
    // Those that were not on the page are on its other pages again.
    if ('deletion' in what) await this.#place.reload();
  }

  #refreshSoon(): void {
    clearTimeout(this.#refresh);
    this.#refresh = window.setTimeout(() => void this.#place.reload(), refreshAfter);
  }

  #recountSoon(): void {
    clearTimeout(this.#recount);
    this.#recount = window.setTimeout(() => void this.#takeCounts(), recountAfter);
  }

  /** Takes the numbers of photos from the server. */
  async #takeCounts(): Promise<void> {
    const query = new URLSearchParams({ zone: this.#zone });
    if (this.#data.camera !== null) query.set('camera', this.#data.camera);
    const result = await askApi<readonly PhotoDay[]>('GET', `/api/photos/days?${query.toString()}`);
    if (!result.ok) return;
    this.#days = result.value;
    const [count, bytes] = [sum(this.#days, 'count'), sum(this.#days, 'bytes')];
    this.#count = count;
    setText(find('#usage'), count === 0 ? m.photos_none() : joined(photosWord(count), bytesWord(bytes)));
    for (const day of findAll('#days > .day')) {
      const total = this.#days.find((each) => each.day === day.dataset.day);
      if (total === undefined) continue;
      day.dataset.count = String(total.count);
      setText(find('.day-head p', day), joined(photosWord(total.count), bytesWord(total.bytes)));
    }
    const nothing = find('#nothing');
    if (nothing !== null) nothing.hidden = count > 0;
    const [newest, date] = [this.#days[0], find<HTMLInputElement>('#go-to [type=date]')];
    if (newest !== undefined && date !== null) date.max = newest.day;
    this.#scrubber?.fill(this.#days);
    this.#selection.show();
  }

  /** Inserts a photo by its time, or shows a restored one again. */
  #add(photo: Photo): void {
    this.#newest = Math.max(this.#newest, photo.takenAt);
    this.#recountSoon();
    const known = this.#photos.item(photo.id);
    if (known !== null) return setHidden([known], false);
    const times = findAll<HTMLTimeElement>('#days li time').map((time) => Date.parse(time.dateTime));
    // Photos beyond what is loaded come with their page.
    if (photo.takenAt > (times[0] ?? 0) && find('#newer') !== null) return;
    if (photo.takenAt < (times.at(-1) ?? 0) && find('#older') !== null) return;
    const day = pageTimes().dayOf(photo.takenAt);
    const tiles = find(`.day[data-day="${day}"] .tiles`);
    if (tiles === null) {
      // The first photo of a day needs a heading from the server.
      if (day > (find('#days > .day')?.dataset.day ?? '') && this.#selection.count === 0) this.#refreshSoon();
      return;
    }
    const item = photoItem(photo);
    const link = item === null ? null : find<HTMLAnchorElement>('a', item);
    const tick = item === null ? null : find<HTMLInputElement>('.tick input', item);
    if (item === null || tick === null || link === null) return;
    link.id = `photo-${photo.id}`;
    if (this.#data.camera !== null) link.search = new URLSearchParams({ camera: this.#data.camera }).toString();
    tick.value = photo.id;
    tick.setAttribute('aria-label', m.photos_select_one({ photo: find('img', item)?.getAttribute('alt') ?? '' }));
    item.classList.add('arriving');
    const older = findAll<HTMLTimeElement>('li time', tiles).find((time) => Date.parse(time.dateTime) <= photo.takenAt);
    tiles.insertBefore(item, older?.closest('li') ?? null);
    setHidden([item], false);
  }

  #remove(ids: readonly string[]): void {
    const items = ids.flatMap((id) => this.#photos.item(id) ?? []).filter((item) => !item.hidden);
    this.#selection.forget(ids);
    this.#recountSoon();
    setHidden(items, true);
  }
}

/** Hides deleted photos in place, so that undo can show them again, and days without photos. */
function setHidden(items: readonly HTMLElement[], hidden: boolean): void {
  const days = new Set(items.map((item) => item.closest<HTMLElement>('.day')));
  for (const item of items) item.hidden = hidden;
  for (const day of days) if (day !== null) day.hidden = find('li:not([hidden])', day) === null;
}

function isShown({ camera }: GalleryData, cameraId: string): boolean {
  return camera === null || camera === cameraId;
}

function reloadSoon(): void {
  setTimeout(() => location.reload(), refreshAfter);
}

function sum(days: readonly PhotoDay[], key: 'count' | 'bytes'): number {
  return days.reduce((all, day) => all + day[key], 0);
}

/** Follows photos that are taken or deleted meanwhile. */
function followPhotos(listener: {
  readonly added: (photo: Photo) => unknown;
  readonly removed: (ids: readonly string[]) => unknown;
  /** Called when the connection is back. */
  readonly again: () => unknown;
}): void {
  const connection = new Connection({ server: location.origin, token: null });
  connection.whyDown = async () => {
    const fresh = await fetchPage();
    if (fresh.kind === 'page') adoptShell(fresh.document);
    return fresh.kind === 'page' ? 'fine' : fresh.kind;
  };
  let leaves = false;
  find('form[action="/logout"]')?.addEventListener('submit', () => (leaves = true));
  connection.listen({
    event: (event) => {
      if (event.type === 'photos-deleted') listener.removed(event.ids);
      if (event.type === 'photo') listener.added(event.photo);
      // Some of the photos may be no longer for this user.
      if (event.type === 'access-changed') location.reload();
    },
    status: (status, again) => {
      if (again) listener.again();
      // In another tab: a page that signs out leaves.
      if (status === 'signed-out' && !leaves) location.reload();
    },
  });
  new ServerWatch(connection).start();
}

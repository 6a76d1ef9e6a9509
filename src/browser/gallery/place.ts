import { setAddress } from '../lib/address.ts';
import { find, findAll } from '../lib/dom.ts';
import type { LoadedPhotos } from './loaded-photos.ts';

/** What an entry of the browser's history remembers of the gallery. */
interface Remembered {
  /** The first photo in view. */
  readonly at?: string;
  /** How far it was below the window's upper edge, in pixels. */
  readonly top?: number;
  /** The photo that was opened from here. */
  readonly opened?: string;
}

/** Under this name, the tab remembers the photo that it showed last. */
const viewedKey = 'porthole-photo';
/** Scrolling ends when it has paused this long, in milliseconds. Browsers limit how often the address may change. */
const settledAfter = 400;
/** The first photos are on the page that the address leads to without a place. */
const onFirstPage = 30;

/** Remembers the photo that the viewer shows, to which the gallery returns. */
export function rememberViewed(id: string): void {
  sessionStorage.setItem(viewedKey, id);
}

/** Where the gallery stands: in the address, so that Back, a reload and a copied link return there. */
export class Place {
  readonly #photos: LoadedPhotos;
  readonly #moved: (day: string) => void;
  #timer = 0;

  /** @param moved called with the day in view when scrolling has ended */
  constructor(photos: LoadedPhotos, moved: (day: string) => void) {
    this.#photos = photos;
    this.#moved = moved;
  }

  /** Returns to where this entry of the history was left, and remembers its place from now on. */
  async follow(): Promise<void> {
    history.scrollRestoration = 'manual';
    addEventListener('pageshow', ({ persisted }) => persisted && void this.#comeBack());
    find('#gallery')?.addEventListener('click', ({ target }) => {
      const id = target instanceof Element ? target.closest<HTMLElement>('a.photo')?.dataset.id : undefined;
      if (id === undefined) return;
      sessionStorage.removeItem(viewedKey);
      this.#remember(id);
    });
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    const { at, top } = remembered();
    const askedDay = new URLSearchParams(location.search).get('day');
    if (navigation?.type === 'back_forward') await this.#comeBack();
    else if (navigation?.type === 'reload' && at !== undefined) await this.show(at, { top });
    else if (asked() !== null) await this.show(asked() ?? '', { focus: true });
    else if (askedDay !== null) await this.showDay(askedDay);
    addEventListener('scroll', () => this.#soon(), { passive: true });
    this.#soon();
  }

  /**
   * Shows a photo, and loads it if necessary.
   *
   * @param how `top`: where it was in the window; in its middle by default
   */
  async show(id: string, how: { readonly top?: number | undefined; readonly focus?: boolean }): Promise<void> {
    let item = this.#photos.item(id);
    if (item === null && (await this.#photos.jump(address({ at: id })))) item = this.#photos.item(id);
    if (item === null || item.hidden) return;
    if (how.top === undefined) item.scrollIntoView({ block: 'center', behavior: 'instant' });
    else scrollBy({ top: item.getBoundingClientRect().top - how.top, behavior: 'instant' });
    if (how.focus === true) find('a', item)?.focus({ preventScroll: true });
    this.#remember();
  }

  /** Loads the photos again. What is in view stays where it is, unless that is the top of the page. */
  async reload(): Promise<void> {
    this.#remember();
    const { at, top } = remembered();
    const isScrolled = scrollY > 0;
    if ((await this.#photos.jump(location.href)) && isScrolled && at !== undefined) await this.show(at, { top });
  }

  /** Shows a day, and loads it if necessary; the nearest one before it if it has no photos. */
  async showDay(day: string): Promise<void> {
    const days = () => findAll('#days > .day:not([hidden])');
    const here = () => days().find((each) => each.dataset.day === day);
    // The first day of a page may begin on the page before.
    const isCut = here() === days()[0] && find('#newer') !== null;
    const isAsked = new URLSearchParams(location.search).get('day') === day;
    if ((here() === undefined || isCut) && !isAsked) await this.#photos.jump(address({ day }));
    const section = here() ?? days().find((each) => (each.dataset.day ?? '') <= day) ?? days().at(-1);
    section?.scrollIntoView({ block: 'start', behavior: 'instant' });
    this.#remember();
  }

  /** From the viewer, back to the photo that it showed last. */
  async #comeBack(): Promise<void> {
    const { at, top, opened } = remembered();
    const viewed = opened === undefined ? null : (sessionStorage.getItem(viewedKey) ?? opened);
    sessionStorage.removeItem(viewedKey);
    if (viewed === null) {
      if (at !== undefined) await this.show(at, { top });
      return;
    }
    // The photo that was opened is where it was; another one may be anywhere.
    if (at !== undefined && this.#photos.item(at) !== null) await this.show(at, { top });
    const item = this.#photos.item(viewed);
    await this.show(viewed, { focus: true, ...(item !== null && inView(item) ? { top: topOf(item) } : {}) });
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#remember(), settledAfter);
  }

  /** @param opened the photo that is opened now */
  #remember(opened?: string): void {
    clearTimeout(this.#timer);
    const items = findAll('#days .tiles > li:not([hidden])');
    const index = items.findIndex((item) => item.getBoundingClientRect().top >= barBottom());
    const first = items[index];
    const id = first === undefined ? undefined : find('a', first)?.dataset.id;
    if (first === undefined || id === undefined) return;
    const isFirst = index < onFirstPage && find('#newer') === null;
    const day = first.closest<HTMLElement>('.day')?.dataset.day ?? '';
    const state: Remembered = { at: id, top: topOf(first), ...(opened === undefined ? {} : { opened }) };
    setAddress(address(isFirst ? {} : { at: id }), state);
    keepDayInFilter(isFirst ? null : day);
    this.#moved(day);
  }
}

/** An address of this gallery with its filter. */
function address(where: { readonly at?: string; readonly day?: string }): string {
  const search = new URLSearchParams(location.search);
  for (const name of ['at', 'day', 'before', 'after']) search.delete(name);
  for (const [name, value] of Object.entries(where)) search.set(name, value);
  return search.size === 0 ? '/photos' : `/photos?${search.toString()}`;
}

/** The photo that the address asks for. */
function asked(): string | null {
  const fragment = /^#photo-(.+)$/.exec(location.hash)?.[1];
  return fragment === undefined ? new URLSearchParams(location.search).get('at') : decodeURIComponent(fragment);
}

function remembered(): Remembered {
  return (history.state ?? {}) as Remembered;
}

/** Another camera shows the same day. */
function keepDayInFilter(day: string | null): void {
  for (const link of findAll<HTMLAnchorElement>('.filter a')) {
    const url = new URL(link.href);
    if (day === null) url.searchParams.delete('day');
    else url.searchParams.set('day', day);
    link.href = url.pathname + url.search;
  }
}

function barBottom(): number {
  return Math.max(0, find('#gallery-bar')?.getBoundingClientRect().bottom ?? 0);
}

function topOf(item: HTMLElement): number {
  return Math.round(item.getBoundingClientRect().top);
}

function inView(item: HTMLElement): boolean {
  const { top, bottom } = item.getBoundingClientRect();
  return top >= barBottom() && bottom <= innerHeight;
}

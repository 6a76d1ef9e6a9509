import { find, findAll } from '../lib/dom.ts';
import { fetchPage, replace } from '../lib/page-data.ts';

/** The photos that the page has loaded. It gets older and newer ones as their end comes near, or jumps elsewhere. */
export class LoadedPhotos {
  readonly #changed: () => void;
  #observer: IntersectionObserver | null = null;
  /** Counts jumps: what was asked for before one is not shown after it. */
  #jumps = 0;

  /** @param changed called when the page has other photos than before */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Loads no more photos until {@link follow}: those that are being deleted would come. */
  pause(): void {
    this.#jumps += 1;
    this.#observer?.disconnect();
  }

  /** Loads more photos from now on. */
  follow(): void {
    this.#observer?.disconnect();
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries)
          if (isIntersecting) void this.#load(target as HTMLAnchorElement);
      },
      { rootMargin: '1200px' },
    );
    for (const link of findAll<HTMLAnchorElement>('#newer, #older')) {
      this.#observer.observe(link);
      link.onclick = (event) => {
        event.preventDefault();
        void this.#load(link);
      };
    }
  }

  /** The list item of a photo; null if it is not on the page. */
  item(id: string): HTMLLIElement | null {
    return find(`#days [data-id="${CSS.escape(id)}"]`)?.closest('li') ?? null;
  }

  /** Shows the photos of another address of the gallery instead. Resolves with false if it has none, or can't be loaded. */
  async jump(url: string): Promise<boolean> {
    this.#jumps += 1;
    const jump = this.#jumps;
    const fresh = await fetchPage(url);
    if (jump !== this.#jumps || fresh.kind !== 'page' || find('#shown', fresh.document) === null) return false;
    replace('#shown', fresh.document);
    this.#changed();
    return true;
  }

  async #load(link: HTMLAnchorElement): Promise<void> {
    if (link.ariaBusy === 'true') return;
    link.ariaBusy = 'true';
    const jumps = this.#jumps;
    const fresh = await fetchPage(link.href);
    link.ariaBusy = 'false';
    if (fresh.kind !== 'page' || jumps !== this.#jumps || !link.isConnected) return;
    const next = find(`#${link.id}`, fresh.document);
    if (link.id === 'older') append(fresh.document);
    else keepInPlace(() => prepend(fresh.document, link, next));
    if (next === null) link.remove();
    else if (link.isConnected) link.replaceWith(document.adoptNode(next));
    this.follow();
    this.#changed();
  }
}

/** Appends the days of an older page; a day on both pages is merged. */
function append(older: Document): void {
  const place = find('#days');
  for (const day of findAll('#days > .day', older)) {
    const same = tilesOf(day);
    if (same === null) place?.append(document.adoptNode(day));
    else same.append(...itemsOf(day));
  }
}

/** The same for a newer page, and its own link. */
function prepend(newer: Document, link: HTMLElement, next: HTMLElement | null): void {
  const place = find('#days');
  for (const day of findAll('#days > .day', newer).toReversed()) {
    const same = tilesOf(day);
    if (same === null) place?.prepend(document.adoptNode(day));
    else same.prepend(...itemsOf(day));
  }
  if (next === null) link.remove();
  else link.replaceWith(document.adoptNode(next));
}

function tilesOf(day: HTMLElement): HTMLElement | null {
  return find(`#days > .day[data-day="${day.dataset.day ?? ''}"] .tiles`);
}

function itemsOf(day: HTMLElement): Node[] {
  return findAll('.tiles > li', day).map((item) => document.adoptNode(item));
}

/** What is in view stays where it is while photos are added above it. */
function keepInPlace(change: () => void): void {
  const seen = findAll('#days .tiles > li').find((item) => item.getBoundingClientRect().bottom > 0);
  const before = seen?.getBoundingClientRect().top ?? 0;
  change();
  if (seen !== undefined) scrollBy({ top: seen.getBoundingClientRect().top - before, behavior: 'instant' });
}

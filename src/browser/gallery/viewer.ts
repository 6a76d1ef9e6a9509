import { m } from '#messages';
import { setAddress } from '../lib/address.ts';
import { along, announce, find } from '../lib/dom.ts';
import { listenForKeys } from '../lib/keyboard.ts';
import { adoptShell, fetchPage, pageData, replace } from '../lib/page-data.ts';
import { askApi, offline } from '../lib/post.ts';
import { isServerThere } from '../connection/server-there.ts';
import { toast } from '../lib/toasts.ts';
import { whole } from '../player/zoom/zoom.ts';
import { ZoomGestures } from '../player/zoom/zoom-gestures.ts';
import { rememberViewed } from './place.ts';
import { Share } from './share.ts';

/** What the server tells the viewer's script. */
interface ViewerData {
  readonly id: string;
  readonly newer: string | null;
  readonly older: string | null;
}

/** What an entry of the browser's history remembers of the viewer. */
interface Remembered {
  /** True if the entry before is the gallery. */
  readonly fromGallery?: boolean;
}

/** Adds behaviour to the page of one photo: keys, swipes, zoom, and its neighbours in place. */
export function upgradeViewer(): void {
  const frame = find('#viewer');
  if (frame !== null) new Viewer(frame).start();
}

class Viewer {
  readonly #zoom: ZoomGestures;
  readonly #frame: HTMLElement;
  readonly #share = new Share(() => pageData<ViewerData>()?.id ?? '');
  /** One photo after the other, also for keys that are pressed faster than photos load. */
  #turn: Promise<void> = Promise.resolve();

  constructor(frame: HTMLElement) {
    this.#frame = frame;
    this.#zoom = new ZoomGestures({
      frame,
      apply({ scale, x, y }, smooth) {
        const picture = find('#large');
        if (picture === null) return;
        picture.style.transform = scale > 1 ? `translate(${x}px, ${y}px) scale(${scale})` : '';
        picture.classList.toggle('smooth', smooth);
      },
      swiped: (by) => this.#stepTo(by),
    });
  }

  start(): void {
    rememberOrigin();
    this.#share.start();
    addEventListener('pageshow', () => rememberViewed(pageData<ViewerData>()?.id ?? ''));
    // Back and Forward between photos that were opened without this script.
    addEventListener('popstate', () => location.reload());
    document.addEventListener('click', (event) => this.#click(event));
    document.addEventListener('submit', (event) => {
      if (event.target instanceof HTMLFormElement && event.target.id === 'delete-photo') this.#delete(event);
    });
    listenForKeys({
      ArrowLeft: () => this.#stepTo(-1),
      ArrowRight: () => this.#stepTo(1),
      Escape: () => (this.#zoom.zoomed ? this.#zoom.set(whole) : find('#back')?.click()),
      Delete: () => find<HTMLFormElement>('#delete-photo')?.requestSubmit(),
      '+': () => this.#zoom.by(1.5),
      '-': () => this.#zoom.by(1 / 1.5),
      '0': () => this.#zoom.set(whole),
    });
    this.#shown();
  }

  #click(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
    const link = event.target instanceof Element ? event.target.closest('#newer, #older, #back') : null;
    if (link === null || (link.id === 'back' && !mayGoBack())) return;
    event.preventDefault();
    if (link.id === 'back') history.back();
    else this.#step(`#${link.id}`);
  }

  /** Steps to the right (1) or left (-1), where the older and newer photos are. */
  #stepTo(by: 1 | -1): void {
    this.#step(along(by) < 0 ? '#newer' : '#older');
  }

  #step(selector: string): void {
    this.#turn = this.#turn.then(async () => {
      const link = find<HTMLAnchorElement>(selector);
      if (link !== null) await this.#show(link.href);
    });
  }

  /** Shows another photo in place, so that Back returns to the gallery and not to the photo before. */
  async #show(url: string): Promise<void> {
    const fresh = await fetchPage(url);
    // The browser would show its own error page instead of this photo.
    if (fresh.kind === 'unreachable' && !(await isServerThere())) {
      toast({ kind: 'error', text: offline().message });
      return;
    }
    if (fresh.kind !== 'page' || find('#viewer', fresh.document) === null) {
      location.replace(url);
      return;
    }
    const focused = document.activeElement?.id ?? '';
    adoptShell(fresh.document);
    this.#zoom.set(whole);
    const now = find('#viewer', fresh.document);
    if (now !== null) this.#frame.replaceChildren(...[...now.childNodes].map((node) => document.adoptNode(node)));
    replace('.viewer-foot', fresh.document);
    replace('h1', fresh.document);
    const [data, freshData] = [find('#porthole-data'), find('#porthole-data', fresh.document)];
    if (data !== null && freshData !== null) data.textContent = freshData.textContent;
    document.title = fresh.document.title;
    setAddress(url);
    if (focused !== '') (find(`#${focused}`) ?? find('#back'))?.focus();
    announce(find('h1')?.textContent ?? '');
    this.#shown();
  }

  #shown(): void {
    const data = pageData<ViewerData>();
    const picture = find<HTMLImageElement>('#large');
    if (data === null || picture === null) return;
    rememberViewed(data.id);
    this.#share.shown();
    picture.draggable = false;
    picture.decode().then(
      () => [data.older, data.newer].forEach((id) => id && preload(id)),
      () => undefined,
    );
  }

  /** Deletes the photo and shows the next one; the last one's form leads to the gallery. */
  #delete(event: SubmitEvent): void {
    const data = pageData<ViewerData>();
    const next = find<HTMLAnchorElement>('#older') ?? find<HTMLAnchorElement>('#newer');
    if (data === null || next === null) return;
    event.preventDefault();
    const here = location.href;
    this.#turn = this.#turn.then(async () => {
      const result = await askApi<{ count: number }>('POST', '/api/photos/delete', { ids: [data.id] });
      if (!result.ok) return toast({ kind: 'error', text: result.problem.message });
      await this.#show(next.href);
      toast({ kind: 'done', text: m.photos_deleted_one(), undo: () => this.#restore(data.id, here) });
    });
  }

  #restore(id: string, url: string): void {
    this.#turn = this.#turn.then(async () => {
      const result = await askApi<{ count: number }>('POST', '/api/photos/restore', { ids: [id] });
      if (!result.ok) return toast({ kind: 'error', text: result.problem.message });
      if (result.value.count === 0) return toast({ kind: 'error', text: m.photos_too_late_one() });
      await this.#show(url);
      toast({ kind: 'done', text: m.photos_back({ count: 1, shown: '1' }) });
    });
  }
}

/** Remembers that the gallery is the entry before, which a reload and the photos shown here in place do not change. */
function rememberOrigin(): void {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const from = URL.parse(document.referrer);
  const isFromGallery = from?.origin === location.origin && from.pathname === '/photos';
  if (navigation?.type !== 'navigate' || !isFromGallery || history.length < 2) return;
  history.replaceState({ fromGallery: true } satisfies Remembered, '');
}

function mayGoBack(): boolean {
  return (history.state as Remembered | null)?.fromGallery === true;
}

function preload(id: string): void {
  new Image().src = `/photos/${encodeURIComponent(id)}/file`;
}

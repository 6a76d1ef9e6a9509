import { m } from '#messages';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { stateMore } from '../../text/camera-words.ts';
import { fpsWord } from '../../text/view-state.ts';
import { stateWord } from '../../text/words.ts';
import type { Connection } from '../connection/connection.ts';
import type { LiveEvent } from '../connection/live-event.ts';
import { announce, find, findAll, setText } from '../lib/dom.ts';
import { adoptShell, fetchPage } from '../lib/page-data.ts';
import { adoptRows } from './adopt-rows.ts';
import { showEnds } from './camera-order.ts';

/** How often posters of live cameras are reloaded (ms). */
const posterMs = 3000;
/** Events within this time cause one reload (ms). */
const gatherMs = 200;

/** Keeps settings pages up to date with cameras and devices. */
export class CameraPage {
  readonly #connection: Connection;
  #timer = 0;
  #leaving = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Starts following. */
  follow(): void {
    const refresh = () => this.#refresh();
    // While a form is submitted, a reload would consume the message meant for the next page.
    addEventListener('submit', (event) => (this.#leaving = !event.defaultPrevented));
    addEventListener('pageshow', () => (this.#leaving = false));
    this.#connection.whyDown = refresh;
    this.#connection.listen({
      event: (event) => this.#handle(event),
      status: (_status, again) => void (again && refresh()),
    });
    followPosters(this.#connection);
  }

  #handle(event: LiveEvent): void {
    if (event.type === 'camera') showCamera(event.camera);
    if (event.type === 'cameras') event.cameras.forEach(showCamera);
    if (event.type !== 'cameras' && event.type !== 'devices') return;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void (this.#leaving || this.#refresh()), gatherMs);
  }

  /** Adopts what the server renders now. */
  async #refresh(): Promise<'fine' | 'signed-out' | 'unreachable'> {
    const fresh = await fetchPage(addressOfLists());
    if (fresh.kind !== 'page') return fresh.kind;
    const devices = find('#devices', fresh.document);
    if (devices !== null) adoptDevices(devices);
    adoptCards(fresh.document);
    for (const now of findAll('[data-state-of]', fresh.document)) {
      const old = stateOf(now.dataset.stateOf ?? '');
      if (old !== null && old.innerHTML !== now.innerHTML) old.replaceWith(document.adoptNode(now));
    }
    for (const now of findAll('.camera-card', fresh.document)) {
      const card = cardOf(now.dataset.camera ?? '');
      if (card !== null) card.dataset.kind = now.dataset.kind;
    }
    adoptShell(fresh.document);
    return 'fine';
  }
}

/**
 * The address of this page's lists. A page that answered a form has no address of its own, and that of a camera, which has no
 * list, may have been removed; then the shell comes from a page that everybody has.
 */
function addressOfLists(): string {
  const { pathname, href } = location;
  if (find('#camera-cards') !== null) return '/settings';
  if (find('#connect') !== null) return pathname;
  if (find('#devices') === null) return '/api';
  if (find('.welcome') !== null) return '/welcome';
  return pathname === '/settings/cameras/new' ? href : '/settings/cameras/new';
}

/** Updates the list of devices. */
function adoptDevices(fresh: HTMLElement): void {
  const section = find('#devices');
  if (section === null) return;
  const key = (row: HTMLElement) => row.dataset.device ?? '';
  const [here, now] = [findAll('[data-device]', section), findAll('[data-device]', fresh)];
  const list = find('.rows', section);
  const newList = find('.rows', fresh);
  if (list === null || newList === null) {
    // The list appeared or disappeared, replacing the hint or replaced by it.
    section.replaceChildren(...fresh.childNodes);
  } else {
    adoptRows(list, newList, { key, isSame: isSameDevice });
  }
  section.hidden = fresh.hidden;
  const names = (rows: readonly HTMLElement[]) => rows.map((row) => find('b', row)?.textContent ?? '');
  const come = names(now.filter((row) => !here.some((other) => key(other) === key(row))));
  const gone = names(here.filter((row) => !now.some((other) => key(other) === key(row))));
  if (come.length > 0) announce(m.settings_plugged_in({ names: come.join(', ') }));
  else if (gone.length > 0) announce(m.settings_unplugged({ names: gone.join(', ') }));
}

/** True if a row shows the same. Its thumbnail and its tick may have changed since it was rendered. */
function isSameDevice(old: HTMLElement, now: HTMLElement): boolean {
  const facts = (row: HTMLElement): string =>
    JSON.stringify([
      row.textContent,
      findAll<HTMLAnchorElement>('a', row).map((link) => link.href),
      findAll<HTMLInputElement>('input[type=hidden]:not([name=_csrf])', row).map(({ value }) => value),
      findAll('img', row).map((image) => image.dataset.thumbnail),
    ]);
  return facts(old) === facts(now);
}

/** Updates the list of cameras, except for their states. */
function adoptCards(fresh: Document): void {
  const [list, newList] = [find('#camera-cards'), find('#camera-cards', fresh)];
  // While an order is being saved, the server may not have it yet.
  if (list === null || newList === null || list.ariaBusy === 'true') return;
  adoptRows(list, newList, { key: (card) => card.dataset.camera ?? '', isSame: isSameCard });
  showEnds(list);
  const none = find('#no-camera');
  if (none !== null) none.hidden = list.childElementCount > 0;
}

/** True if a card shows the same, apart from the camera's state. */
function isSameCard(old: HTMLElement, now: HTMLElement): boolean {
  const facts = (card: HTMLElement): string =>
    JSON.stringify([
      findAll('h2, .camera-source', card).map(({ textContent }) => textContent),
      findAll('.camera-actions button', card).map(({ ariaLabel, ariaChecked }) => [ariaLabel, ariaChecked]),
    ]);
  return facts(old) === facts(now);
}

function showCamera(camera: CameraInfo): void {
  const { state } = camera;
  const card = cardOf(camera.id);
  if (card !== null) card.dataset.kind = state.kind;
  const place = stateOf(camera.id);
  if (place !== null) {
    const { tone, word } = stateWord(state);
    const dot = find('.dot', place);
    if (dot !== null) dot.dataset.tone = tone;
    setText(find('b', place), word);
    setText(find('.camera-more', place), stateMore(state));
    const warning = find('.camera-warning', place);
    const text = state.kind === 'live' && typeof state.warning === 'string' ? state.warning : undefined;
    if (warning !== null) warning.hidden = text === undefined;
    setText(warning, text ?? '');
  }
  const now = find(`#now[data-camera="${CSS.escape(camera.id)}"]`);
  if (now === null) return;
  const stats = find('.now-figures', now);
  if (stats !== null) stats.hidden = state.kind !== 'live';
  if (state.kind !== 'live') return;
  setText(find('[data-now=measured]', now), fpsWord(state.fps) || '–');
  setText(find('[data-now=claimed]', now), fpsWord(state.claimedFps ?? 0) || '–');
}

function cardOf(camera: string): HTMLElement | null {
  return find(`.camera-card[data-camera="${CSS.escape(camera)}"]`);
}

function stateOf(camera: string): HTMLElement | null {
  return find(`[data-state-of="${CSS.escape(camera)}"]`);
}

/** Reloads the posters of live cameras every few seconds, and hides those that can't be loaded. */
function followPosters(connection: Connection): void {
  const isPoster = (target: EventTarget | null): target is HTMLImageElement =>
    target instanceof HTMLImageElement && target.dataset.poster !== undefined;
  // These events don't bubble, and cards come and go.
  addEventListener('error', ({ target }) => isPoster(target) && (target.hidden = true), true);
  addEventListener('load', ({ target }) => isPoster(target) && (target.hidden = false), true);
  for (const image of findAll<HTMLImageElement>('[data-poster]')) {
    // Loading may have failed before this script ran.
    image.hidden = image.complete && image.naturalWidth === 0;
  }
  setInterval(() => {
    // A server that comes back has no poster of a camera that was live.
    const isAway = connection.everOpen && connection.status !== 'open';
    if (isAway || document.hidden) return;
    for (const image of findAll<HTMLImageElement>('.camera-card[data-kind=live] [data-poster]')) {
      const address = image.dataset.poster ?? '';
      image.src = `${address}${address.includes('?') ? '&' : '?'}at=${Date.now()}`;
    }
  }, posterMs);
}

import type { CameraInfo } from '../domain/camera.ts';
import type { Watching } from '../domain/watching.ts';
import { stateWord } from '../domain/words.ts';
import { Adjust } from './adjust.ts';
import { Connection, type LiveEvent } from './connection.ts';
import { find, findAll, setText, upgradeMenus } from './dom.ts';
import { Filmstrip } from './filmstrip.ts';
import { moveInGrid } from './grid-keys.ts';
import { type Keys, listenForKeys } from './keyboard.ts';
import { mediaSource } from './media-source.ts';
import { adoptShell, fetchPage, pageData } from './page-data.ts';
import { followIdleness, keepMessagesVisible, leaveFilling, stayLit, toggleFullscreen } from './screen.ts';
import { Shutter } from './shutter.ts';
import { upgradeToasts } from './toasts.ts';
import type { Pinned } from './transport-choice.ts';
import { View } from './view.ts';

interface Tile {
  readonly camera: CameraInfo;
  readonly watching: Watching;
}

type LiveData = { readonly cameras: readonly CameraInfo[] } & (Tile | { readonly tiles: readonly Tile[] });

const hiddenMs = 5000;

const data = pageData<LiveData>();
if (data !== null) upgrade(data);

/** Makes the page live: one connection, a view for each picture on it, and what surrounds them. */
function upgrade(first: LiveData): void {
  let pagesWork = false;
  const usesImage = () => pagesWork && !connection.everOpen;
  const connection = new Connection({
    event: (event) => handle(event),
    frame: (frame) => void views.some((view) => view.takeFrame(frame)),
    status: (status, again) => {
      if (status === 'open' && again) {
        void refresh();
        views.forEach((view) => view.reconnected());
      }
      document.body.dataset.connection = status;
      if (status === 'signed-out') removePrivate();
      render();
    },
    whyDown: async () => {
      const answer = await refresh();
      pagesWork = answer === 'fine';
      return answer;
    },
  });
  const isGrid = 'tiles' in first;
  const views = tilesOf(first).flatMap(({ camera, watching }, index) => {
    const stage = find(`.stage[data-camera="${CSS.escape(camera.id)}"]`);
    if (stage === null) return [];
    return [
      new View({
        number: index + 1,
        stage,
        camera,
        watching,
        connection,
        tile: isGrid,
        pinned: pinnedTransport(),
        usesImage,
      }),
    ];
  });
  const film = new Filmstrip();
  const main = isGrid ? undefined : views[0];
  const shutter = main === undefined ? null : new Shutter(main, film);
  const adjust = main === undefined || find('#adjust') === null ? null : new Adjust(() => connection.signOut());
  const viewOf = (camera: string) => views.find((view) => view.cameraId === camera);
  const render = () => views.forEach((view) => view.render());

  function handle(event: LiveEvent): void {
    switch (event.type) {
      case 'hello':
      case 'cameras':
        return setCameras(event.cameras);
      case 'camera':
        viewOf(event.camera.id)?.setCamera(event.camera);
        if (event.camera.id === main?.cameraId) {
          adjust?.cameraChanged(event.camera);
          setTitle(event.camera.name);
        }
        return setTab(event.camera);
      case 'watching':
        return viewOf(event.camera)?.setWatching(event.watching);
      case 'view':
        return views.forEach((view) => view.setStream(event.view, event.stream));
      case 'view-error':
        return views.forEach((view) => view.setViewProblem(event.view, event.error));
      case 'photo':
        return shutter?.arrived(event.photo);
      case 'photos-deleted':
        return film.remove(event.ids);
      default:
    }
  }

  function setCameras(cameras: readonly CameraInfo[]): void {
    for (const view of views) view.setCamera(cameras.find((camera) => camera.id === view.cameraId) ?? null);
    for (const camera of cameras) setTab(camera);
    const here = cameras.find((camera) => camera.id === main?.cameraId);
    if (here !== undefined) setTitle(here.name);
    // This page may be of a camera that is gone, and cannot be asked for anew.
    for (const tab of isGrid ? [] : findAll('.tabs [data-camera]')) {
      if (!cameras.some((camera) => camera.id === tab.dataset.camera)) tab.remove();
    }
    const tabs = findAll('.tabs [data-camera]').map((tab) => tab.dataset.camera ?? '');
    const same = tabs.join() === cameras.map((camera) => camera.id).join();
    if (same || find('.tabs') === null) return;
    if (isGrid) location.reload();
    else void refresh();
  }

  /** Takes over what happened while this page was not listening. */
  async function refresh(): Promise<'fine' | 'signed-out' | 'unreachable'> {
    const fresh = await fetchPage();
    if (fresh.kind !== 'page') return fresh.kind;
    adoptShell(fresh.document);
    const now = pageData<LiveData>(fresh.document);
    for (const { camera, watching } of now === null ? [] : tilesOf(now)) {
      viewOf(camera.id)?.setCamera(camera);
      viewOf(camera.id)?.setWatching(watching);
    }
    return 'fine';
  }

  setInterval(() => !document.hidden && views.forEach((view) => view.tick()), 500);
  pauseWhileHidden(views);
  upgradeMenus();
  upgradeToasts();
  followIdleness();
  keepMessagesVisible();
  stayLit();
  addEventListener('pageshow', (event) => event.persisted && void refresh());
  if (main !== undefined) upgradeBar(main);
  listenForKeys(isGrid ? gridKeys() : keysFor(main, shutter, adjust));
  find('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

function tilesOf(from: LiveData): readonly Tile[] {
  return 'tiles' in from ? from.tiles : [from];
}

/** The dot and the word of a camera's tab. */
function setTab(camera: CameraInfo): void {
  const tab = find(`.tabs [data-camera="${CSS.escape(camera.id)}"]`);
  if (tab === null) return;
  const { tone, word } = stateWord(camera.state);
  const dot = find('.dot', tab);
  if (dot !== null) dot.dataset.tone = tone;
  setText(find('.name', tab), camera.name);
  setText(find('.state', tab), `, ${word}`);
}

/** What the page of a camera is called, when that has another name now. */
function setTitle(name: string): void {
  const heading = find('h1');
  if (heading === null || heading.textContent === name) return;
  document.title = document.title.replace(heading.textContent, name);
  setText(heading, name);
}

/** Whoever stands before the screen after a sign-out sees nothing that belongs to the one who was signed in. */
function removePrivate(): void {
  for (const part of findAll('.strip, .places')) part.remove();
}

/** Nobody looks at a hidden tab: after a few seconds it asks for no pictures. */
function pauseWhileHidden(views: readonly View[]): void {
  let timer = 0;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) timer = window.setTimeout(() => views.forEach((view) => view.sleep()), hiddenMs);
    else views.forEach((view) => view.wake());
  });
}

/** Size, figures, full screen and the menu of the live page. */
function upgradeBar(view: View): void {
  const figures = find<HTMLDetailsElement>('#figures');
  const size = find<HTMLFormElement>('form.size');
  size?.addEventListener('submit', (event) => event.preventDefault());
  size?.addEventListener('change', (event) => {
    const value = event.target instanceof HTMLSelectElement ? event.target.value : 'source';
    void view.resize(value === 'source' ? value : Number(value));
  });
  if (figures !== null && new URLSearchParams(location.search).has('figures')) figures.open = true;
  figures?.addEventListener('toggle', () => view.render());
  // A button pressed by a pointer gives the space key back to Start and Stop; one reached by keys keeps it.
  find('.watch')?.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (event.detail > 0) button?.blur();
  });
  find('#fullscreen')?.addEventListener('click', toggleFullscreen);
  find('.pic', view.stage)?.addEventListener('dblclick', toggleFullscreen);
  find('#show-figures')?.addEventListener('click', () => figures?.toggleAttribute('open'));
  find('#show-help')?.addEventListener('click', showHelp);
  upgradeTransports(view);
  const fill = find('#fill');
  const setFill = (on: boolean) => {
    view.stage.toggleAttribute('data-fill', on);
    fill?.setAttribute('aria-pressed', String(on));
    localStorage.setItem('fill', String(on));
  };
  fill?.addEventListener('click', () => setFill(!view.stage.hasAttribute('data-fill')));
  if (localStorage.getItem('fill') === 'true') setFill(true);
}

/** The choice of how the picture comes, where there is one. */
function upgradeTransports(view: View): void {
  const choice = find('#transports');
  if (choice === null || mediaSource() === null) return;
  choice.hidden = false;
  const buttons = findAll('button', choice);
  const mark = (pinned: string) => {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.transport === pinned));
  };
  for (const button of buttons) {
    button.addEventListener('click', () => {
      localStorage.setItem('transport', button.dataset.transport ?? 'auto');
      mark(pinnedTransport());
      view.pin(pinnedTransport());
    });
  }
  mark(pinnedTransport());
}

/** How the person wants the picture to come, as this browser remembers it. */
function pinnedTransport(): Pinned {
  const pinned = localStorage.getItem('transport');
  return pinned === 'h264' || pinned === 'jpeg' ? pinned : 'auto';
}

function showHelp(): void {
  find<HTMLDialogElement>('#help')?.showModal();
}

function keysFor(view: View | undefined, shutter: Shutter | null, adjust: Adjust | null): Keys {
  return {
    ' ': () => void (view?.streaming ? view.stop() : view?.start()),
    c: () => void shutter?.press(),
    f: toggleFullscreen,
    a: () => adjust?.toggle(),
    i: () => find('#figures')?.toggleAttribute('open'),
    g: () => find<HTMLAnchorElement>('.tabs a[href="/?view=grid"]')?.click(),
    ArrowLeft: () => goToCamera(-1),
    ArrowRight: () => goToCamera(1),
    Escape: () => leaveFilling() || find<HTMLDetailsElement>('#figures')?.removeAttribute('open'),
    '?': showHelp,
  };
}

function gridKeys(): Keys {
  return {
    f: toggleFullscreen,
    ArrowLeft: () => moveInGrid(-1, 0),
    ArrowRight: () => moveInGrid(1, 0),
    ArrowUp: () => moveInGrid(0, -1),
    ArrowDown: () => moveInGrid(0, 1),
    Escape: () => leaveFilling(),
    '?': showHelp,
  };
}

function goToCamera(by: 1 | -1): void {
  const tabs = findAll<HTMLAnchorElement>('.tabs [data-camera]');
  const here = tabs.findIndex((tab) => tab.hasAttribute('aria-current'));
  if (tabs.length > 1 && here !== -1) tabs[(here + by + tabs.length) % tabs.length]?.click();
}

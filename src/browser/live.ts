import type { CameraInfo } from '../domain/cameras/camera.ts';
import type { Role } from '../domain/users/role.ts';
import type { Watching } from '../domain/users/watching.ts';
import { stateWord } from '../text/words.ts';
import { adoptAccess, showNotice } from './stage/access-change.ts';
import { Adjust } from './stage/adjust.ts';
import { pinnedTransport, showHelp, upgradeBar } from './stage/bar.ts';
import type { LiveEvent } from './connection/live-event.ts';
import { savesData } from './lib/data-saver.ts';
import { along, find, findAll, setText } from './lib/dom.ts';
import { Filmstrip } from './stage/filmstrip.ts';
import { Grid } from './grid/grid.ts';
import { moveInGrid } from './grid/grid-keys.ts';
import { showAge } from './grid/tile-age.ts';
import { type Keys, listenForKeys } from './lib/keyboard.ts';
import { adoptShell, fetchPage, pageData } from './lib/page-data.ts';
import { definePlayer, PortholePlayer } from './player/element/porthole-player.ts';
import { refreshOtherCameras } from './stage/other-cameras.ts';
import { followIdleness, keepMessagesVisible, leaveFilling, stayLit, toggleFullscreen } from './stage/screen.ts';
import { rememberPlaying, resumePlaying } from './stage/resume.ts';
import { shareConnection } from './connection/shared-connection.ts';
import { upgradeShell } from './lib/shell.ts';
import { Shutter } from './stage/shutter.ts';
import { View } from './stage/view.ts';
import { upgradePtz } from './settings/upgrade-ptz.ts';

interface Tile {
  readonly camera: CameraInfo;
  readonly watching: Watching;
  /** True to start the camera as soon as the page is visible. */
  readonly autoStart?: boolean;
  /** When the poster was captured. */
  readonly pictureAt?: number | null;
}

type LiveData = { readonly cameras: readonly CameraInfo[]; readonly role: Role } & (
  Tile | { readonly tiles: readonly Tile[] }
);

const data = pageData<LiveData>();
if (data !== null) upgrade(data);

/** Starts the page: one connection, and the views and controls on it. */
function upgrade(first: LiveData): void {
  // Opened before the players, which share it, and told the cameras that the server rendered.
  const { connection } = shareConnection({ server: location.origin, token: null });
  connection.cameras.add(first.cameras);
  connection.cameras.add(tilesOf(first).map(({ camera }) => camera));
  connection.whyDown = refresh;
  connection.listen({
    event: (event) => handle(event),
    status: (status, again) => {
      // After a change of access once the server has said which cameras are left.
      if (status === 'open' && again && !accessChanged) void refresh();
      document.body.dataset.connection = status;
      if (status !== 'signed-out') return;
      rememberPlaying(views);
      removePrivate();
    },
  });
  const isGrid = 'tiles' in first;
  if (!isGrid) find('porthole-player')?.setAttribute('transport', pinnedTransport());
  definePlayer();
  const views = tilesOf(first).flatMap(({ camera, watching }) => {
    const stage = find(`.stage[data-camera="${CSS.escape(camera.id)}"]`);
    return stage instanceof PortholePlayer ? [new View({ stage, camera, watching, connection, tile: isGrid })] : [];
  });
  const grid = new Grid(views);
  if (isGrid)
    for (const { camera, pictureAt = null } of tilesOf(first)) {
      const view = views.find(({ cameraId }) => cameraId === camera.id);
      if (view !== undefined) showAge(view.stage, pictureAt);
    }
  grid.startWhenVisible(
    tilesOf(first)
      .filter(({ autoStart }) => autoStart && !savesData())
      .map(({ camera }) => camera.id),
  );
  const film = new Filmstrip();
  const main = isGrid ? undefined : views[0];
  const shutter = main === undefined ? null : new Shutter(main, film);
  const adjust = main === undefined || find('#adjust') === null ? null : new Adjust(() => connection.signOut());
  const viewOf = (camera: string) => views.find((view) => view.cameraId === camera);

  let { role } = first;
  let accessChanged = false;

  function handle(event: LiveEvent): void {
    switch (event.type) {
      case 'hello':
        // The role may have changed between the page and its socket.
        accessChanged ||= event.role !== role;
        if (accessChanged) return void refresh();
        return setCameras(event.cameras);
      case 'cameras':
        return setCameras(event.cameras);
      case 'camera':
        if (event.camera.id === main?.cameraId) {
          adjust?.cameraChanged(event.camera);
          setTitle(event.camera.name);
        }
        return setTab(event.camera);
      case 'watching':
        return viewOf(event.camera)?.setWatching(event.watching);
      case 'photo':
        return shutter?.arrived(event.photo);
      case 'photos-deleted':
        return film.remove(event.ids);
      case 'access-changed':
        accessChanged = true;
        return;
      default:
    }
  }

  function setCameras(cameras: readonly CameraInfo[]): void {
    // The fresh page brings them, compared with these tabs.
    if (accessChanged) return;
    for (const camera of cameras) setTab(camera);
    const here = cameras.find((camera) => camera.id === main?.cameraId);
    if (here !== undefined) setTitle(here.name);
    // Tabs are removed here because the page of a removed camera cannot be fetched again.
    for (const tab of isGrid ? [] : findAll('nav [data-camera]')) {
      if (!cameras.some((camera) => camera.id === tab.dataset.camera)) tab.remove();
    }
    const shown = findAll(isGrid ? '.cams > li' : '.tabs [data-camera]').map(({ dataset }) => dataset.camera);
    if (shown.join() === cameras.map(({ id }) => id).join()) return;
    if (isGrid) location.reload();
    // A kiosk has no tabs.
    else if (find('.tabs') !== null) void refresh();
  }

  /** Catches up on what happened while the page was not connected. */
  async function refresh(): Promise<'fine' | 'signed-out' | 'unreachable'> {
    // The page of a camera that was taken away is not found; the front page has what is left.
    const isGone = main !== undefined && connection.cameras.get(main.cameraId) === null;
    const fresh = await fetchPage(isGone ? '/' : location.href);
    if (fresh.kind !== 'page') return fresh.kind;
    if (accessChanged) adoptAccess(fresh.document);
    accessChanged = false;
    adoptShell(fresh.document);
    const now = pageData<LiveData>(fresh.document);
    role = now?.role ?? role;
    for (const { camera, watching } of now === null ? [] : tilesOf(now)) {
      connection.cameras.add([camera]);
      viewOf(camera.id)?.setWatching(watching);
    }
    return 'fine';
  }

  // On a live page messages lie over the video, where they cover no control.
  const toasts = find('#toasts');
  if (toasts !== null) find('.screen')?.append(toasts);
  upgradeShell();
  showNotice();
  resumePlaying(views);
  followIdleness();
  keepMessagesVisible();
  stayLit();
  if (!isGrid) refreshOtherCameras();
  void upgradePtz(document.body);
  addEventListener('pageshow', (event) => event.persisted && void refresh());
  if (main !== undefined) {
    upgradeBar(main);
    main.stage.addEventListener('swipe', (event) => goToCamera((event as CustomEvent<{ by: 1 | -1 }>).detail.by));
  }
  listenForKeys(isGrid ? gridKeys() : keysFor(main, shutter, adjust));
}

function tilesOf(from: LiveData): readonly Tile[] {
  return 'tiles' in from ? from.tiles : [from];
}

/** Updates the links to a camera: its tab, and its tile among the other cameras. */
function setTab(camera: CameraInfo): void {
  const { tone, word } = stateWord(camera.state);
  for (const link of findAll(`nav [data-camera="${CSS.escape(camera.id)}"]`)) {
    find('.dot', link)?.setAttribute('data-tone', tone);
    setText(find('.name', link), camera.name);
    setText(find('.state', link), word);
  }
}

/** Updates the page's title after the camera was renamed. */
function setTitle(name: string): void {
  const heading = find('h1');
  if (heading === null || heading.textContent === name) return;
  document.title = document.title.replace(heading.textContent, () => name);
  setText(heading, name);
}

/** Removes what belongs to the user who was signed in. */
function removePrivate(): void {
  for (const part of findAll('.strip, .others, .places')) part.remove();
}

function keysFor(view: View | undefined, shutter: Shutter | null, adjust: Adjust | null): Keys {
  const zoom = (key: string) => () => view?.stage.zoomKey(key) ?? false;
  return {
    ' ': () => void (view?.streaming ? view.stop() : view?.start()),
    c: () => void shutter?.press(),
    s: () => void shutter?.press(),
    f: toggleFullscreen,
    p: () => find('#float')?.click(),
    m: () => find('#mute')?.click(),
    a: () => adjust?.toggle(),
    i: () => find('#figures')?.toggleAttribute('open'),
    g: () => find<HTMLAnchorElement>('.tabs a[href="/?view=grid"]')?.click(),
    ...Object.fromEntries(['+', '=', '-', '0', 'ArrowUp', 'ArrowDown'].map((key) => [key, zoom(key)])),
    ArrowLeft: () => zoom('ArrowLeft')() || goToCamera(-1),
    ArrowRight: () => zoom('ArrowRight')() || goToCamera(1),
    Escape: () => leaveFilling() || closeStats() || leaveKiosk(),
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
    Escape: () => leaveFilling() || leaveKiosk(),
    '?': showHelp,
  };
}

function closeStats(): boolean {
  const stats = find<HTMLDetailsElement>('#figures[open]');
  stats?.removeAttribute('open');
  return stats !== null;
}

function leaveKiosk(): void {
  find('.kiosk-exit')?.click();
}

function goToCamera(by: 1 | -1): void {
  const tabs = findAll<HTMLAnchorElement>('.tabs [data-camera]');
  const here = tabs.findIndex((tab) => tab.hasAttribute('aria-current'));
  if (tabs.length > 1 && here !== -1) tabs[(here + along(by) + tabs.length) % tabs.length]?.click();
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { toWallClock } from '../../domain/clock.ts';
import { inGridOrder } from '../../domain/users/grid-settings.ts';
import type { PhotoPage } from '../../domain/photo.ts';
import { roleAllows } from '../../domain/users/role.ts';
import { paused } from '../../domain/users/watching.ts';
import type { App } from '../../http/kernel.ts';
import { languageOf } from '../../http/preferences/language.ts';
import { page, principalOf } from '../../http/security/policy.ts';
import { queryValue } from '../../http/requests.ts';
import { sendPage, shellFor } from '../../http/shell.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { CameraParams, cameraOf, visibleCameras } from '../camera-request.ts';
import type { Cameras } from '../cameras.ts';
import type { Grids } from './grids.ts';
import type { LiveView } from './live-view.ts';

/** How many photos the filmstrip of the live page shows. */
const filmstrip = 12;
/** How long a camera may take to open before anybody watches it, in milliseconds. */
const openSoonTimeoutMs = 10_000;
const none = { photos: [], next: null };

/** Services of the live page. */
export interface LivePageServices {
  readonly cameras: Cameras;
  readonly liveView: LiveView;
  readonly grids: Grids;
  /** Lists photos, newest first; `cameras` are the ids of those to list, null for all. */
  readonly photos: {
    list(query: { readonly cameras: readonly string[] | null; readonly limit: number }): Promise<PhotoPage>;
  };
}

/** The front page: all cameras if there are several, otherwise one. */
export function registerLivePages(app: App, services: LivePageServices): void {
  app.get('/', page('viewer'), (request, reply) =>
    wantsGrid(services, request) ? sendGrid(services, request, reply) : sendLive(services, request, reply),
  );
  app.get('/cameras/:id/still', { ...page('viewer'), schema: { params: CameraParams } }, (request, reply) =>
    sendStill(services.cameras, cameraOf(services.cameras, request, request.params.id), request, reply),
  );
}

/** Opens a closed camera that is about to be watched, and doesn't wait for it. A page shows what goes wrong. */
async function openSoon(cameras: Cameras, { id, state }: CameraInfo): Promise<void> {
  if (state.kind !== 'closed') return;
  await cameras.ensureOpen(id, { signal: AbortSignal.timeout(openSoonTimeoutMs) }).catch(() => undefined);
}

/** Opens one camera after the other: each starts a process, and a first picture is sooner there than all at once. */
async function openInTurn(cameras: Cameras, inOrder: readonly CameraInfo[]): Promise<void> {
  for (const camera of inOrder) await openSoon(cameras, camera);
}

/** A camera's picture without scripts. A closed camera is opened for the next one, which nothing waits for. */
function sendStill(cameras: Cameras, camera: CameraInfo, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { pages, assets } = request.server.kernel;
  const language = languageOf(request);
  const { style } = assets[language];
  const id = encodeURIComponent(camera.id);
  void openSoon(cameras, camera);
  const isLive = camera.state.kind === 'live';
  const picture = isLive ? `/cameras/${id}/snapshot.jpg?width=640` : `/cameras/${id}/poster.jpg`;
  const model = { language, camera, style, picture: isLive || cameras.poster(camera.id) !== null ? picture : null };
  return sendPage(reply, pages.still(model));
}

/** Without a camera in the URL, all of several; a kiosk shows the first one unless it asks for the grid. */
function wantsGrid({ cameras }: LivePageServices, request: FastifyRequest): boolean {
  if (queryValue(request, 'view') === 'grid') return true;
  if (['camera', 'kiosk', 'figures'].some((name) => asksFor(request, name))) return false;
  return visibleCameras(cameras, principalOf(request)).length > 1;
}

async function sendLive(
  { cameras, liveView, grids, photos }: LivePageServices,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const principal = principalOf(request);
  const wanted = queryValue(request, 'camera');
  const visible = visibleCameras(cameras, principal);
  const camera = wanted === undefined ? (visible[0] ?? null) : cameraOf(cameras, request, wanted);
  const grid = grids.of(request);
  const [known, latest] = await Promise.all([
    liveView.all(principal),
    // The public may watch, but see no photos.
    principal.user === null || camera === null ? none : photos.list({ cameras: [camera.id], limit: filmstrip }),
  ]);
  const watching = known.get(camera?.id ?? '') ?? paused;
  // It opens while the browser loads the scripts that ask for it.
  if (camera !== null && watching.streaming && isNavigation(request)) void openSoon(cameras, camera);
  const isOperator = roleAllows(principal.role, 'operator');
  const model = {
    ...shellFor(request, reply),
    camera,
    watching,
    autoStart: grid.autoStart && camera !== null && !known.has(camera.id),
    photos: latest.photos,
    mayCapture: isOperator,
    mayMove: isOperator && camera !== null && cameras.mayMove(camera.id),
    posters: visible.filter(({ id }) => cameras.poster(id) !== null).map(({ id }) => id),
    kiosk: asksFor(request, 'kiosk'),
  };
  return sendPage(reply, request.server.kernel.pages.live(model));
}

async function sendGrid(
  { cameras, liveView, grids }: LivePageServices,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const principal = principalOf(request);
  const grid = grids.of(request);
  const known = await liveView.all(principal);
  const tiles = inGridOrder(visibleCameras(cameras, principal), grid.order).map((camera) => {
    const poster = cameras.poster(camera.id);
    return {
      camera,
      watching: known.get(camera.id) ?? paused,
      autoStart: grid.autoStart && !known.has(camera.id),
      hasPoster: poster !== null,
      pictureAt: poster === null ? null : Math.round(toWallClock(poster.capturedAt)),
    };
  });
  // The script asks for streams half a second later.
  if (isNavigation(request)) {
    const played = tiles.filter(({ watching }) => watching.streaming).map(({ camera }) => camera);
    reply.raw.once('finish', () => void openInTurn(cameras, played));
  }
  const model = { ...shellFor(request, reply), tiles, grid, kiosk: asksFor(request, 'kiosk') };
  return sendPage(reply, request.server.kernel.pages.grid(model));
}

/** False for a script that fetches the page, perhaps in a hidden tab, and for a prefetch. Old browsers do not tell. */
function isNavigation(request: FastifyRequest): boolean {
  const { 'sec-fetch-dest': dest = 'document', 'sec-purpose': purpose } = request.headers;
  return dest === 'document' && purpose === undefined;
}

/** True if the query has this parameter, with or without a value. */
function asksFor(request: FastifyRequest, name: string): boolean {
  return Object.hasOwn(request.query as object, name);
}

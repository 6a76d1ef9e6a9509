import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PhotoPage } from '../../domain/photo.ts';
import { roleAllows } from '../../domain/role.ts';
import { paused } from '../../domain/watching.ts';
import type { App } from '../../http/kernel.ts';
import { page, principalOf } from '../../http/security/policy.ts';
import { queryValue } from '../../http/requests.ts';
import { sendPage, shellFor } from '../../http/shell.ts';
import { cameraOf, visibleCameras } from '../camera-request.ts';
import type { Cameras } from '../cameras.ts';
import type { LiveView } from './live-view.ts';

/** How many photos the filmstrip of the live page shows. */
const filmstrip = 12;
const none = { photos: [], next: null };

/** Services of the live page. */
export interface LivePageServices {
  readonly cameras: Cameras;
  readonly liveView: LiveView;
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
}

/** Without a camera in the URL, all of several; a kiosk shows the first one unless it asks for the grid. */
function wantsGrid({ cameras }: LivePageServices, request: FastifyRequest): boolean {
  if (queryValue(request, 'view') === 'grid') return true;
  if (['camera', 'kiosk', 'figures'].some((name) => asksFor(request, name))) return false;
  return visibleCameras(cameras, principalOf(request)).length > 1;
}

async function sendLive(
  { cameras, liveView, photos }: LivePageServices,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const principal = principalOf(request);
  const wanted = queryValue(request, 'camera');
  const camera =
    wanted === undefined ? (visibleCameras(cameras, principal)[0] ?? null) : cameraOf(cameras, request, wanted);
  const [watching, latest] = await Promise.all([
    camera === null ? paused : liveView.of(principal, camera.id),
    // The public may watch, but see no photos.
    principal.user === null || camera === null ? none : photos.list({ cameras: [camera.id], limit: filmstrip }),
  ]);
  const model = {
    ...shellFor(request, reply),
    camera,
    watching,
    photos: latest.photos,
    mayCapture: roleAllows(principal.role, 'operator'),
    hasPoster: camera !== null && cameras.poster(camera.id) !== null,
    kiosk: asksFor(request, 'kiosk'),
  };
  return sendPage(reply, request.server.kernel.pages.live(model));
}

async function sendGrid(
  { cameras, liveView }: LivePageServices,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const principal = principalOf(request);
  const tiles = await Promise.all(
    visibleCameras(cameras, principal).map(async (camera) => ({
      camera,
      watching: await liveView.of(principal, camera.id),
      hasPoster: cameras.poster(camera.id) !== null,
    })),
  );
  const model = { ...shellFor(request, reply), tiles, kiosk: asksFor(request, 'kiosk') };
  return sendPage(reply, request.server.kernel.pages.grid(model));
}

/** True if the query has this parameter, with or without a value. */
function asksFor(request: FastifyRequest, name: string): boolean {
  return Object.hasOwn(request.query as object, name);
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Photo, PhotoDay } from '../domain/photo.ts';
import { roleAllows } from '../domain/role.ts';
import { paused } from '../domain/watching.ts';
import type { GalleryDay } from '../pages/models.ts';
import { sendAction } from '../outputs/aliases.ts';
import type { App } from './app-type.ts';
import { type Context, cameraOf, sendPage, shellFor, visibleCameras, watchingOf } from './context.ts';
import { page, principalOf } from './policy.ts';
import { actionOf, queryValue } from './requests.ts';
import { IdParams } from './schemas.ts';

const filmstrip = 12;
const nothing = { photos: [], next: null };

/** The pages that people look at: live, grid, gallery, photo. */
export function registerPages(app: App, context: Context): void {
  app.get('/', page('viewer'), (request, reply) => {
    if (actionOf(request) !== null) return sendAction(context, request, reply);
    return queryValue(request, 'view') === 'grid'
      ? sendGrid(context, request, reply)
      : sendLive(context, request, reply);
  });
  app.get('/photos', page('signedIn'), (request, reply) => sendGallery(context, request, reply));
  app.get('/photos/:id', { ...page('signedIn'), schema: { params: IdParams } }, async (request, reply) => {
    const principal = principalOf(request);
    const photo = await context.photos.get(request.params.id, principal.cameras);
    const neighbours = await context.photos.neighbours(photo, principal.cameras);
    const mayDelete = roleAllows(principal.role, 'operator');
    const model = { ...shellFor(context, request, reply), photo, ...neighbours, mayDelete };
    return sendPage(reply, context.pages.photo(model));
  });
  app.get('/api', page('viewer'), (request, reply) =>
    sendPage(reply, context.pages.apiDescription({ ...shellFor(context, request, reply), spec: app.swagger() })),
  );
}

async function sendLive(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const principal = principalOf(request);
  const wanted = queryValue(request, 'camera');
  const camera =
    wanted === undefined ? (visibleCameras(context, principal)[0] ?? null) : cameraOf(context, request, wanted);
  const [watching, latest] = await Promise.all([
    camera === null ? paused : watchingOf(context, principal, camera.id),
    // The public watches, never more.
    principal.user === null ? nothing : context.photos.list({ cameras: principal.cameras, limit: filmstrip }),
  ]);
  const model = {
    ...shellFor(context, request, reply),
    camera,
    watching,
    photos: latest.photos,
    mayCapture: roleAllows(principal.role, 'operator'),
    hasPoster: camera !== null && context.cameras.poster(camera.id) !== null,
    kiosk: asksFor(request, 'kiosk'),
  };
  return sendPage(reply, context.pages.live(model));
}

async function sendGrid(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const principal = principalOf(request);
  const tiles = await Promise.all(
    visibleCameras(context, principal).map(async (camera) => ({
      camera,
      watching: await watchingOf(context, principal, camera.id),
      hasPoster: context.cameras.poster(camera.id) !== null,
    })),
  );
  const model = { ...shellFor(context, request, reply), tiles, kiosk: asksFor(request, 'kiosk') };
  return sendPage(reply, context.pages.grid(model));
}

async function sendGallery(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const principal = principalOf(request);
  const { cameras } = principal;
  const camera = queryValue(request, 'camera');
  const before = queryValue(request, 'before');
  const filter = camera === undefined ? {} : { camera };
  const [shown, days] = await Promise.all([
    context.photos.list({ cameras, ...filter, ...(before === undefined ? {} : { before }) }),
    context.photos.days({ cameras, ...filter }),
  ]);
  const model = {
    ...shellFor(context, request, reply),
    days: byDay(shown.photos, days),
    next: shown.next,
    usage: sum(days),
    mayDelete: roleAllows(principal.role, 'operator'),
    filter: { camera: camera ?? null, before: before ?? null },
  };
  return sendPage(reply, context.pages.photos(model));
}

/** Photos, newest first, under the days they were taken on. */
export function byDay(photos: readonly Photo[], totals: readonly PhotoDay[]): readonly GalleryDay[] {
  const known = new Map(totals.map((total) => [total.day, total]));
  return Array.from(Map.groupBy(photos, dayOf), ([day, ofDay]) => ({
    day,
    photos: ofDay,
    total: known.get(day) ?? {
      day,
      count: ofDay.length,
      bytes: sum(ofDay.map(({ bytes }) => ({ count: 1, bytes }))).bytes,
    },
  }));
}

/** The local day of a photo. Its file's name begins with the one it had when it was taken. */
function dayOf(photo: Photo): string {
  return /^\d{4}-\d\d-\d\d/.exec(photo.fileName)?.[0] ?? new Date(photo.takenAt).toISOString().slice(0, 10);
}

function sum(parts: readonly { readonly count: number; readonly bytes: number }[]): { count: number; bytes: number } {
  return parts.reduce((all, part) => ({ count: all.count + part.count, bytes: all.bytes + part.bytes }), {
    count: 0,
    bytes: 0,
  });
}

/** True for a parameter that is there, with or without a value. */
function asksFor(request: FastifyRequest, name: string): boolean {
  return Object.hasOwn(request.query as object, name);
}

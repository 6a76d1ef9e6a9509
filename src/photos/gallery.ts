import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Photo, PhotoDay } from '../domain/photo.ts';
import { roleAllows } from '../domain/role.ts';
import type { App } from '../http/kernel.ts';
import { page, principalOf } from '../http/security/policy.ts';
import { queryValue } from '../http/requests.ts';
import { IdParams } from '../http/schemas.ts';
import { sendPage, shellFor } from '../http/shell.ts';
import type { GalleryDay } from '../pages/models.ts';
import type { Photos } from './photos.ts';

/** The pages of photos: the gallery and the photo viewer. */
export function registerGallery(app: App, photos: Photos): void {
  const { pages } = app.kernel;
  app.get('/photos', page('signedIn'), (request, reply) => sendGallery(photos, request, reply));
  app.get('/photos/:id', { ...page('signedIn'), schema: { params: IdParams } }, async (request, reply) => {
    const principal = principalOf(request);
    const photo = await photos.get(request.params.id, principal.cameras);
    const neighbours = await photos.neighbours(photo, principal.cameras);
    const mayDelete = roleAllows(principal.role, 'operator');
    return sendPage(reply, pages.photo({ ...shellFor(request, reply), photo, ...neighbours, mayDelete }));
  });
}

async function sendGallery(photos: Photos, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const principal = principalOf(request);
  const { cameras } = principal;
  const camera = queryValue(request, 'camera');
  const before = queryValue(request, 'before');
  const filter = camera === undefined ? {} : { camera };
  const mayDelete = roleAllows(principal.role, 'operator');
  const [space, shown, days] = await Promise.all([
    mayDelete ? photos.space() : null,
    photos.list({ cameras, ...filter, ...(before === undefined ? {} : { before }) }),
    photos.days({ cameras, ...filter }),
  ]);
  const model = {
    ...shellFor(request, reply),
    days: byDay(shown.photos, days),
    next: shown.next,
    usage: sum(days),
    space,
    mayDelete,
    filter: { camera: camera ?? null, before: before ?? null },
  };
  return sendPage(reply, request.server.kernel.pages.photos(model));
}

/** Groups photos, newest first, by the day they were taken on. */
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

/** The local day of a photo. Its file name starts with the day in the time zone that the server had then. */
function dayOf(photo: Photo): string {
  return /^\d{4}-\d\d-\d\d/.exec(photo.fileName)?.[0] ?? new Date(photo.takenAt).toISOString().slice(0, 10);
}

function sum(parts: readonly { readonly count: number; readonly bytes: number }[]): { count: number; bytes: number } {
  return parts.reduce((all, part) => ({ count: all.count + part.count, bytes: all.bytes + part.bytes }), {
    count: 0,
    bytes: 0,
  });
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { dayPattern, LocalDays } from '../domain/local-days.ts';
import type { Photo, PhotoDay, PhotoPage } from '../domain/photo.ts';
import { roleAllows } from '../domain/users/role.ts';
import type { App } from '../http/kernel.ts';
import { page, principalOf } from '../http/security/policy.ts';
import { ownAddress } from '../http/own-address.ts';
import { queryValue } from '../http/requests.ts';
import { IdParams } from '../http/schemas.ts';
import { sendPage, shellFor } from '../http/shell.ts';
import type { GalleryDay } from '../pages/models.ts';
import { linkPath } from './links/photo-links.ts';
import type { AllowedCameras } from './photo-repository.ts';
import type { Photos } from './photos.ts';

/** The pages of photos: the gallery and the photo viewer. */
export function registerGallery(app: App, photos: Photos): void {
  const { pages } = app.kernel;
  app.get('/photos', page('signedIn'), (request, reply) => sendGallery(photos, request, reply));
  app.get('/photos/:id', { ...page('signedIn'), schema: { params: IdParams } }, async (request, reply) => {
    const principal = principalOf(request);
    const photo = await photos.get(request.params.id, principal.cameras);
    const wanted = queryValue(request, 'camera');
    // Of another camera's photo, the filter is not meant.
    const camera = wanted === photo.cameraId ? wanted : undefined;
    const neighbours = await photos.neighbours(photo, principal.cameras, camera);
    const mayDelete = roleAllows(principal.role, 'operator');
    const { secret } = app.kernel.config;
    const origin = ownAddress(request);
    const sharing = 'share' in (request.query as object);
    const links = (await photos.links.list(photo, principal)).map((link) => ({
      ...link,
      url: origin + linkPath(secret, link.id),
    }));
    const model = {
      ...shellFor(request, reply),
      links,
      sharing,
      photo,
      ...neighbours,
      camera: camera ?? null,
      mayDelete,
    };
    return sendPage(reply, pages.photo(model));
  });
}

async function sendGallery(photos: Photos, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const principal = principalOf(request);
  const { cameras } = principal;
  const camera = queryValue(request, 'camera');
  const filter = camera === undefined ? { cameras } : { cameras, camera };
  const mayDelete = roleAllows(principal.role, 'operator');
  const shell = shellFor(request, reply);
  const zone = shell.times.zone ?? shell.times.serverZone;
  const localDays = new LocalDays(zone);
  const [space, shown, days, removed] = await Promise.all([
    mayDelete ? photos.space() : null,
    chosenPage(photos, request, filter, localDays),
    photos.localDays(localDays, filter),
    photos.removedCameras(
      cameras,
      shell.cameras.map(({ id }) => id),
    ),
  ]);
  const [last, first] = [days[0], days.at(-1)];
  const model = {
    ...shell,
    days: byDay(shown.photos, days, localDays),
    next: shown.next,
    previous: shown.previous,
    usage: sum(days),
    space,
    mayDelete,
    filter: {
      camera: camera ?? null,
      before: queryValue(request, 'before') ?? null,
      day: dayIn(request) ?? null,
    },
    removed,
    range: first === undefined || last === undefined ? null : { first: first.day, last: last.day, days: days.length },
    newest: (await photos.list({ ...filter, limit: 1 })).photos[0]?.takenAt ?? 0,
    zone,
  };
  return sendPage(reply, request.server.kernel.pages.photos(model));
}

/** The page that the address asks for: of a photo (`at`), of a day, older or newer than another, or the newest. */
async function chosenPage(
  photos: Photos,
  request: FastifyRequest,
  filter: { cameras: AllowedCameras; camera?: string },
  localDays: LocalDays,
): Promise<PhotoPage> {
  const at = queryValue(request, 'at');
  // A photo that was deleted meanwhile has no place.
  const photo = at === undefined ? undefined : await photos.find(at, filter.cameras);
  if (photo !== undefined) return photos.around(photo, filter);
  const day = dayIn(request);
  if (day !== undefined) return photos.until(localDays.end(day), filter);
  return photos.list({ ...filter, before: queryValue(request, 'before'), after: queryValue(request, 'after') });
}

function dayIn(request: FastifyRequest): string | undefined {
  const day = queryValue(request, 'day') ?? '';
  return dayPattern.test(day) ? day : undefined;
}

/** Groups photos, newest first, by the day they were taken on in a time zone. */
export function byDay(
  photos: readonly Photo[],
  totals: readonly PhotoDay[],
  localDays = new LocalDays(),
): readonly GalleryDay[] {
  const known = new Map(totals.map((total) => [total.day, total]));
  return Array.from(
    Map.groupBy(photos, ({ takenAt }) => localDays.of(takenAt)),
    ([day, ofDay]) => ({
      day,
      photos: ofDay,
      total: known.get(day) ?? { day, ...sum(ofDay.map(({ bytes }) => ({ count: 1, bytes }))) },
    }),
  );
}

function sum(parts: readonly { readonly count: number; readonly bytes: number }[]): { count: number; bytes: number } {
  return parts.reduce((all, part) => ({ count: all.count + part.count, bytes: all.bytes + part.bytes }), {
    count: 0,
    bytes: 0,
  });
}

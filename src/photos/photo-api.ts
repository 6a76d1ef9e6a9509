import { Type } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import { CameraParams, cameraOf } from '../cameras/camera-request.ts';
import type { Cameras } from '../cameras/cameras.ts';
import type { App } from '../http/kernel.ts';
import { deleteChosen, restoreChosen } from './chosen-photos.ts';
import { api, principalOf } from '../http/security/policy.ts';
import { requestSignal } from '../http/requests.ts';
import { IdParams, NoContent, replies } from '../http/schemas.ts';
import { PhotoChoice, localDays } from './photo-selection.ts';
import {
  Changed,
  idsLimit,
  PhotoDayQuery,
  PhotoDaySchema,
  PhotoPageSchema,
  PhotoQuery,
  PhotoSchema,
  Restoring,
} from './photo-schemas.ts';
import type { Photos } from './photos.ts';

const tags = ['photos'];
/** How long Capture waits for a frame, also of a camera that has to be opened first. */
export const captureTimeoutMs = 15_000;

/** The API of photos. The public may watch, but see no photos. */
export function registerPhotoApi(app: App, photos: Photos, cameras: Cameras): void {
  app.post(
    '/api/cameras/:id/photos',
    {
      ...api('operator'),
      schema: {
        tags,
        operationId: 'takePhoto',
        summary: 'Take a photo',
        params: CameraParams,
        response: replies({ 201: PhotoSchema }),
      },
    },
    async (request, reply) => {
      const camera = cameraOf(cameras, request, request.params.id);
      const signal = requestSignal(reply, captureTimeoutMs);
      const photo = await photos.capture(camera.id, camera.name, principalOf(request), { signal });
      return reply.code(201).header('location', `/api/photos/${photo.id}`).send(photo);
    },
  );
  app.get(
    '/api/photos',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'listPhotos',
        summary: 'List photos, newest first',
        querystring: PhotoQuery,
        response: replies({ 200: PhotoPageSchema }),
      },
    },
    async (request, reply) =>
      reply.send(await photos.list({ ...request.query, cameras: principalOf(request).cameras })),
  );
  app.get(
    '/api/photos/days',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'listPhotoDays',
        summary: 'List the days that have photos',
        querystring: PhotoDayQuery,
        response: replies({ 200: Type.Array(PhotoDaySchema) }),
      },
    },
    async (request, reply) => {
      const { camera, zone } = request.query;
      const options = { camera, cameras: principalOf(request).cameras };
      if (zone === undefined) return reply.send(await photos.days(options));
      return reply.send(await photos.localDays(localDays(zone), options));
    },
  );
  app.get(
    '/api/photos/:id',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'getPhoto',
        summary: 'Get a photo',
        params: IdParams,
        response: replies({ 200: PhotoSchema }),
      },
    },
    async (request, reply) => reply.send(await photos.get(request.params.id, principalOf(request).cameras)),
  );
  app.delete(
    '/api/photos/:id',
    {
      ...api('operator'),
      schema: {
        tags,
        operationId: 'deletePhoto',
        summary: 'Delete a photo',
        params: IdParams,
        response: replies({ 204: NoContent }),
      },
    },
    async (request, reply) => {
      const deleted = await photos.delete([request.params.id], principalOf(request).cameras);
      if (deleted.length === 0) throw new PortholeError('photo_not_found');
      return reply.code(204).send();
    },
  );
  app.post(
    '/api/photos/delete',
    {
      ...api('operator'),
      bodyLimit: idsLimit,
      schema: {
        tags,
        operationId: 'deletePhotos',
        summary: 'Delete photos',
        body: PhotoChoice,
        response: replies({ 200: Changed }),
      },
    },
    async (request, reply) => reply.send(await deleteChosen(photos, request.body, principalOf(request).cameras)),
  );
  app.post(
    '/api/photos/restore',
    {
      ...api('operator'),
      bodyLimit: idsLimit,
      schema: {
        tags,
        operationId: 'restorePhotos',
        summary: 'Restore deleted photos, within a minute',
        body: Restoring,
        response: replies({ 200: Changed }),
      },
    },
    async (request, reply) => reply.send(await restoreChosen(photos, request.body, principalOf(request).cameras)),
  );
}

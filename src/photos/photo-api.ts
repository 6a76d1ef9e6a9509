import { Type } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import type { App } from '../http/app-type.ts';
import { type Context, cameraOf } from '../http/context.ts';
import { api, principalOf } from '../http/policy.ts';
import { requestSignal } from '../http/requests.ts';
import {
  CameraParams,
  IdList,
  IdParams,
  NoContent,
  PhotoDaySchema,
  PhotoIds,
  PhotoPageSchema,
  PhotoQuery,
  PhotoSchema,
  replies,
} from '../http/schemas.ts';

const tags = ['photos'];
const captureTimeoutMs = 15_000;
const idsLimit = 512 * 1024;

/** Photos as JSON; the public watches and sees none of them. */
export function registerPhotoApi(app: App, context: Context): void {
  const { photos } = context;
  app.post(
    '/api/cameras/:id/photos',
    {
      ...api('operator'),
      schema: { tags, summary: 'Take a photo', params: CameraParams, response: replies({ 201: PhotoSchema }) },
    },
    async (request, reply) => {
      const camera = cameraOf(context, request, request.params.id);
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
        summary: 'Photos, newest first',
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
        summary: 'The days that have photos',
        querystring: Type.Object({ camera: PhotoQuery.properties.camera }),
        response: replies({ 200: Type.Array(PhotoDaySchema) }),
      },
    },
    async (request, reply) =>
      reply.send(await photos.days({ ...request.query, cameras: principalOf(request).cameras })),
  );
  app.get(
    '/api/photos/:id',
    {
      ...api('signedIn'),
      schema: { tags, summary: 'One photo', params: IdParams, response: replies({ 200: PhotoSchema }) },
    },
    async (request, reply) => reply.send(await photos.get(request.params.id, principalOf(request).cameras)),
  );
  app.delete(
    '/api/photos/:id',
    {
      ...api('operator'),
      schema: { tags, summary: 'Delete a photo', params: IdParams, response: replies({ 204: NoContent }) },
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
      schema: { tags, summary: 'Delete photos', body: PhotoIds, response: replies({ 200: IdList }) },
    },
    async (request, reply) => reply.send({ ids: await photos.delete(request.body.ids, principalOf(request).cameras) }),
  );
  app.post(
    '/api/photos/restore',
    {
      ...api('operator'),
      bodyLimit: idsLimit,
      schema: {
        tags,
        summary: 'Bring photos back within a minute of their deletion',
        body: PhotoIds,
        response: replies({ 200: IdList }),
      },
    },
    async (request, reply) => reply.send({ ids: await photos.restore(request.body.ids, principalOf(request).cameras) }),
  );
}

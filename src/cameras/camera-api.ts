import { Type } from 'typebox';
import { roleAllows } from '../domain/role.ts';
import type { App } from '../http/app-type.ts';
import { type Context, cameraOf, visibleCameras } from '../http/context.ts';
import { api, principalOf } from '../http/policy.ts';
import {
  AnyCameraSchema,
  CameraChange,
  CameraOrder,
  CameraParams,
  CameraSchema,
  DeviceSchema,
  NewCamera,
  NoContent,
  SourceTestReply,
  SourceToTest,
  replies,
} from '../http/schemas.ts';
import { testSource } from '../http/settings.ts';

const tags = ['cameras'];

/** Cameras as JSON. */
export function registerCameraApi(app: App, context: Context): void {
  const { cameras } = context;
  app.get(
    '/api/cameras',
    {
      ...api('viewer'),
      schema: { tags, summary: 'The cameras you may see', response: replies({ 200: Type.Array(CameraSchema) }) },
    },
    (request, reply) => reply.send(visibleCameras(context, principalOf(request))),
  );
  app.post(
    '/api/cameras',
    {
      ...api('admin'),
      schema: { tags, summary: 'Add a camera', body: NewCamera, response: replies({ 201: CameraSchema }) },
    },
    async (request, reply) => reply.code(201).send(await cameras.add(request.body)),
  );
  app.post(
    '/api/cameras/test',
    {
      ...api('admin'),
      schema: { tags, summary: 'Try a source', body: SourceToTest, response: replies({ 200: SourceTestReply }) },
    },
    async (request, reply) => reply.send(await testSource(context, reply, request.body.source, request.body.camera)),
  );
  app.put(
    '/api/cameras/order',
    {
      ...api('admin'),
      schema: {
        tags,
        summary: 'Put the cameras in order',
        body: CameraOrder,
        response: replies({ 200: Type.Array(CameraSchema) }),
      },
    },
    async (request, reply) => {
      await cameras.reorder(request.body.ids);
      return reply.send(cameras.list());
    },
  );
  app.get(
    '/api/cameras/:id',
    {
      ...api('viewer'),
      schema: {
        tags,
        summary: 'One camera; admins also see its source',
        params: CameraParams,
        response: replies({ 200: AnyCameraSchema }),
      },
    },
    async (request, reply) => {
      const camera = cameraOf(context, request, request.params.id);
      const isAdmin = roleAllows(principalOf(request).role, 'admin');
      return reply.send(isAdmin ? await cameras.details(camera.id) : camera);
    },
  );
  app.patch(
    '/api/cameras/:id',
    {
      ...api('admin'),
      schema: {
        tags,
        summary: 'Change a camera',
        params: CameraParams,
        body: CameraChange,
        response: replies({ 200: CameraSchema }),
      },
    },
    async (request, reply) => {
      const camera = cameraOf(context, request, request.params.id);
      return reply.send(await cameras.update(camera.id, request.body));
    },
  );
  app.delete(
    '/api/cameras/:id',
    {
      ...api('admin'),
      schema: { tags, summary: 'Remove a camera', params: CameraParams, response: replies({ 204: NoContent }) },
    },
    async (request, reply) => {
      await cameras.remove(cameraOf(context, request, request.params.id).id);
      return reply.code(204).send();
    },
  );
  app.post(
    '/api/cameras/:id/retry',
    {
      ...api('viewer'),
      schema: {
        tags,
        summary: 'Try to connect to a camera now',
        params: CameraParams,
        response: replies({ 204: NoContent }),
      },
    },
    (request, reply) => {
      cameras.retryNow(cameraOf(context, request, request.params.id).id);
      return reply.code(204).send();
    },
  );
  app.get(
    '/api/devices',
    {
      ...api('admin'),
      schema: {
        tags,
        summary: 'Capture devices of this machine',
        response: replies({ 200: Type.Array(DeviceSchema) }),
      },
    },
    async (_request, reply) => reply.send(await cameras.devices()),
  );
}

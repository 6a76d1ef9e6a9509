import { Type } from 'typebox';
import { roleAllows } from '../domain/users/role.ts';
import type { App } from '../http/kernel.ts';
import { api, principalOf } from '../http/security/policy.ts';
import { NoContent, replies } from '../http/schemas.ts';
import { CameraParams, cameraOf, visibleCameras } from './camera-request.ts';
import {
  AnyCameraSchema,
  CameraChange,
  CameraOrder,
  CameraSchema,
  DeviceSchema,
  FoundNetworkCameraSchema,
  NewCamera,
  SourceReply,
  SourceTestReply,
  SourceToTest,
} from './camera-schemas.ts';
import type { Cameras } from './cameras.ts';
import { testSource } from './test-source.ts';

const tags = ['cameras'];

/** The API of cameras. */
export function registerCameraApi(app: App, cameras: Cameras): void {
  app.get(
    '/api/cameras',
    {
      ...api('viewer'),
      schema: {
        tags,
        operationId: 'listCameras',
        summary: 'List the cameras that you may see',
        response: replies({ 200: Type.Array(CameraSchema) }),
      },
    },
    (request, reply) => reply.send(visibleCameras(cameras, principalOf(request))),
  );
  app.post(
    '/api/cameras',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'addCamera',
        summary: 'Add a camera',
        body: NewCamera,
        response: replies({ 201: CameraSchema }),
      },
    },
    async (request, reply) => reply.code(201).send(await cameras.add(request.body)),
  );
  app.post(
    '/api/cameras/test',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'testSource',
        summary: 'Test a source',
        body: SourceToTest,
        response: replies({ 200: SourceTestReply }),
      },
    },
    async (request, reply) => reply.send(await testSource(cameras, reply, request.body)),
  );
  app.put(
    '/api/cameras/order',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'reorderCameras',
        summary: 'Change the order of cameras',
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
        operationId: 'getCamera',
        summary: 'Get a camera; admins also see its source',
        params: CameraParams,
        response: replies({ 200: AnyCameraSchema }),
      },
    },
    async (request, reply) => {
      const camera = cameraOf(cameras, request, request.params.id);
      const isAdmin = roleAllows(principalOf(request).role, 'admin');
      return reply.send(isAdmin ? await cameras.details(camera.id) : camera);
    },
  );
  app.get(
    '/api/cameras/:id/source',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'getCameraSource',
        summary: 'Get the whole source of a camera, with its secrets',
        params: CameraParams,
        response: replies({ 200: SourceReply }),
      },
    },
    (request, reply) => {
      const { id } = cameraOf(cameras, request, request.params.id);
      return reply.header('cache-control', 'no-store').send(cameras.sourceOf(id));
    },
  );
  app.patch(
    '/api/cameras/:id',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'updateCamera',
        summary: 'Change a camera',
        params: CameraParams,
        body: CameraChange,
        response: replies({ 200: CameraSchema }),
      },
    },
    async (request, reply) => {
      const camera = cameraOf(cameras, request, request.params.id);
      return reply.send(await cameras.update(camera.id, request.body));
    },
  );
  app.delete(
    '/api/cameras/:id',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'removeCamera',
        summary: 'Remove a camera',
        params: CameraParams,
        response: replies({ 204: NoContent }),
      },
    },
    async (request, reply) => {
      await cameras.remove(cameraOf(cameras, request, request.params.id).id);
      return reply.code(204).send();
    },
  );
  app.post(
    '/api/cameras/:id/retry',
    {
      ...api('viewer'),
      schema: {
        tags,
        operationId: 'retryCamera',
        summary: 'Retry to connect to a camera now',
        params: CameraParams,
        response: replies({ 204: NoContent }),
      },
    },
    (request, reply) => {
      cameras.askToRetry(cameraOf(cameras, request, request.params.id).id);
      return reply.code(204).send();
    },
  );
  app.get(
    '/api/network-cameras',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'findNetworkCameras',
        summary: 'Search for network cameras by ONVIF, which takes two seconds',
        response: replies({ 200: Type.Array(FoundNetworkCameraSchema) }),
      },
    },
    async (_request, reply) => reply.send(await cameras.network.search()),
  );
  app.get(
    '/api/devices',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'listDevices',
        summary: 'List the capture devices of this machine',
        response: replies({ 200: Type.Array(DeviceSchema) }),
      },
    },
    async (_request, reply) => reply.send(await cameras.devices()),
  );
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { CameraParams, cameraOf } from '../../cameras/camera-request.ts';
import type { Cameras } from '../../cameras/cameras.ts';
import { smallJpeg } from '../../cameras/media/small-jpeg.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { dataSaver } from '../../domain/users/data-saver.ts';
import { PortholeError } from '../../domain/errors.ts';
import { allowCrossOrigin, registerPreflight } from '../../http/security/cors.ts';
import type { Feature } from '../../http/kernel.ts';
import { media } from '../../http/security/policy.ts';
import { mediaReplies } from '../../http/schemas.ts';
import { requestSignal } from '../../http/requests.ts';
import { mediaInput, tokenParameter, widthParameter } from '../media-input.ts';
import { openTimeoutMs } from '../open-for-viewer.ts';
import { takeSnapshot } from './snapshot.ts';
import { sentence } from '../../messages/sentence.ts';

const SnapshotQuery = Type.Object({ width: widthParameter, token: tokenParameter });

const PosterQuery = Type.Object({
  width: Type.Optional(
    Type.Integer({ minimum: 1, description: 'How wide it has to be, in pixels. A smaller JPEG comes up to 320.' }),
  ),
});

/** Single JPEGs: the newest frame, and the poster. */
export function snapshotFeature({ cameras }: { cameras: Cameras }): Feature {
  // A poster is scaled once for all pages that save data.
  const smallPosters = new WeakMap<Buffer, Promise<Buffer>>();
  const smallOf = (bytes: Buffer): Promise<Buffer> => {
    const small = smallPosters.get(bytes) ?? smallJpeg(bytes, dataSaver.poster);
    smallPosters.set(bytes, small);
    return small;
  };
  return (app) => {
    app.get(
      '/cameras/:id/snapshot.jpg',
      {
        ...media('viewer'),
        schema: {
          tags: ['media'],
          operationId: 'getSnapshot',
          summary: 'Get the newest frame as JPEG',
          params: CameraParams,
          querystring: SnapshotQuery,
          response: mediaReplies('image/jpeg'),
        },
      },
      (request, reply) => sendSnapshot(cameras, request, reply, cameraOf(cameras, request, request.params.id)),
    );
    registerPreflight(app, '/cameras/:id/snapshot.jpg');
    app.get(
      '/cameras/:id/poster.jpg',
      {
        ...media('viewer'),
        schema: {
          tags: ['media'],
          operationId: 'getPoster',
          summary: 'Get the last frame that was seen, without opening the camera',
          params: CameraParams,
          querystring: PosterQuery,
          response: mediaReplies('image/jpeg'),
        },
      },
      async (request, reply) => {
        const poster = cameras.poster(cameraOf(cameras, request, request.params.id).id);
        if (poster === null) {
          throw new PortholeError('not_found', { message: sentence('camera_no_poster') });
        }
        const small = (request.query.width ?? Infinity) <= dataSaver.poster;
        return reply
          .header('cache-control', 'no-store')
          .type('image/jpeg')
          .send(small ? await smallOf(poster.bytes) : poster.bytes);
      },
    );
  };
}

/** Sends the newest frame of a camera, which is opened if it has to be. */
export async function sendSnapshot(
  cameras: Cameras,
  request: FastifyRequest,
  reply: FastifyReply,
  { id }: CameraInfo,
): Promise<FastifyReply> {
  const { width } = mediaInput(request);
  await allowCrossOrigin(request, reply);
  const signal = requestSignal(reply, openTimeoutMs);
  const snapshot = await takeSnapshot(cameras, id, cameras.rendition(id, width).rendition, { signal });
  return reply
    .header('cache-control', 'no-store, no-cache, must-revalidate')
    .header('x-timestamp', (snapshot.capturedAt / 1000).toFixed(3))
    .type('image/jpeg')
    .send(snapshot.bytes);
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { OpenStreams } from '../../accounts/open-streams.ts';
import { CameraParams, cameraOf, chosenCamera } from '../../cameras/camera-request.ts';
import type { Cameras } from '../../cameras/cameras.ts';
import { dataSaver } from '../../domain/users/data-saver.ts';
import type { LiveView } from '../../cameras/watching/live-view.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import type { Connections } from '../../fanout/connections.ts';
import type { PerFrame } from '../../fanout/per-frame.ts';
import { multipartType } from '../../formats/multipart/multipart.ts';
import { allowCrossOrigin, registerPreflight } from '../../http/security/cors.ts';
import { sendHead } from '../../http/send-head.ts';
import type { Feature } from '../../http/kernel.ts';
import { media, principalOf } from '../../http/security/policy.ts';
import { mediaReplies } from '../../http/schemas.ts';
import { preferencesOf, savesData } from '../../http/preferences/browser-preferences.ts';
import { queryValue } from '../../http/requests.ts';
import { type MediaInput, mediaInput, tokenParameter, widthParameter } from '../media-input.ts';
import { openForViewer } from '../open-for-viewer.ts';
import { type Stream, takeOver } from '../take-over.ts';
import { MjpegStream } from './mjpeg-stream.ts';

const StreamQuery = Type.Object({
  width: widthParameter,
  fps: Type.Optional(Type.Unknown({ description: 'The highest frame rate to send, in frames per second.' })),
  token: tokenParameter,
});

/** Services of MJPEG streams. */
export interface MjpegServices {
  readonly cameras: Cameras;
  readonly streams: OpenStreams;
  readonly connections: Connections;
  /** Frames as parts of these streams. */
  readonly parts: PerFrame<Buffer>;
}

/** MJPEG over HTTP, for other programs and for pages without scripts. */
export function mjpegFeature(services: MjpegServices & { readonly liveView: LiveView }): Feature {
  const { cameras } = services;
  return (app) => {
    app.get(
      '/cameras/:id/stream.mjpeg',
      {
        ...media('viewer'),
        schema: {
          tags: ['media'],
          operationId: 'streamMjpeg',
          summary: 'Live video as multipart/x-mixed-replace',
          params: CameraParams,
          querystring: StreamQuery,
          response: mediaReplies('multipart/x-mixed-replace'),
        },
      },
      (request, reply) => sendMjpeg(services, request, reply, cameraOf(cameras, request, request.params.id)),
    );
    registerPreflight(app, '/cameras/:id/stream.mjpeg');
    app.get('/video_feed', media('viewer'), (request, reply) => sendVideoFeed(services, request, reply));
  };
}

/** Streams a camera as MJPEG until the client leaves, the grant is revoked or the server closes. */
export async function sendMjpeg(
  services: MjpegServices,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
): Promise<FastifyReply> {
  await allowCrossOrigin(request, reply);
  if (request.method === 'HEAD') return sendMjpegHead(reply);
  await openForViewer(services.cameras, reply, camera);
  stream(services, request, reply, camera, mediaInput(request));
  return reply;
}

/**
 * The feed of this Session's page: it plays while the Session streams, and ends with its Stop. A page cannot retry, so
 * a camera that cannot be opened shows why in a placeholder frame, while a program would get an error.
 */
async function sendVideoFeed(
  services: MjpegServices & { readonly liveView: LiveView },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { cameras, liveView } = services;
  const camera = chosenCamera(cameras, request, queryValue(request, 'camera'));
  const principal = principalOf(request);
  const watching = await liveView.of(principal, camera.id);
  if (!watching.streaming) {
    return reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8').send('Streaming is stopped.');
  }
  const input = mediaInput(request);
  const asked = queryValue(request, 'width') === undefined ? watching.width : input.width;
  const saves = savesData(request, preferencesOf(request));
  const width = saves && (asked === 'source' || asked > dataSaver.width) ? dataSaver.width : asked;
  const fps = saves ? Math.min(input.fps ?? Infinity, dataSaver.fps) : input.fps;
  await allowCrossOrigin(request, reply);
  if (request.method === 'HEAD') return sendMjpegHead(reply);
  const feed = stream(services, request, reply, camera, { width, fps });
  if (feed === null) return reply;
  const unsubscribe = liveView.onChange((change) => {
    const mine = change.sessionId === principal.sessionId && change.cameraId === camera.id;
    if (mine && !change.watching.streaming) feed.close('stopped');
  });
  void feed.closed.finally(unsubscribe);
  return reply;
}

function sendMjpegHead(reply: FastifyReply): FastifyReply {
  return sendHead(reply.header('cache-control', 'no-store').type(multipartType));
}

function stream(
  { cameras, streams, connections, parts }: MjpegServices,
  request: FastifyRequest,
  reply: FastifyReply,
  { id }: CameraInfo,
  { width, fps }: Pick<MediaInput, 'width' | 'fps'>,
): Stream | null {
  const { rendition } = cameras.rendition(id, width);
  const limit = fps === undefined ? {} : { fps };
  return takeOver(streams, request, reply, ({ socket, ...response }) => {
    const connection = connections.of(socket);
    return MjpegStream.open(cameras, parts, { ...response, ...limit, connection, camera: id, rendition });
  });
}

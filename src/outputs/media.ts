import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { CameraInfo } from '../domain/camera.ts';
import { PortholeError } from '../domain/errors.ts';
import { renditionFor } from '../domain/rendition.ts';
import type { App } from '../http/app-type.ts';
import { type Context, cameraOf, chosenCamera, watchingOf } from '../http/context.ts';
import { allowCrossOrigin } from '../http/cors.ts';
import type { Delivery, StreamHandle } from '../http/deps.ts';
import { type MediaInput, mediaInput } from './media-input.ts';
import { media, principalOf } from '../http/policy.ts';
import { queryValue, requestSignal } from '../http/requests.ts';
import { CameraParams } from '../http/schemas.ts';

/** How long a request waits for a camera to open: clients give up after five to ten seconds themselves. */
export const openTimeoutMs = 10_000;

const StreamQuery = Type.Object({
  width: Type.Optional(
    Type.Unknown({ description: 'Pixels, or "source"; snaps to the next width that the camera offers.' }),
  ),
  fps: Type.Optional(Type.Unknown({ description: 'At most this many frames per second.' })),
  token: Type.Optional(Type.Unknown({ description: 'An API token, for clients that send no headers.' })),
});
const Mp4Query = Type.Object({
  width: StreamQuery.properties.width,
  audio: Type.Optional(
    Type.Unknown({ description: '1 with sound, where the camera has some; 0, the default, without.' }),
  ),
  token: StreamQuery.properties.token,
});
const SnapshotQuery = Type.Object({
  width: StreamQuery.properties.width,
  token: StreamQuery.properties.token,
});

/** Pictures for other programs and for pages without scripts. */
export function registerMedia(app: App, context: Context): void {
  app.get(
    '/cameras/:id/stream.mjpeg',
    {
      ...media('viewer'),
      schema: {
        tags: ['media'],
        summary: 'The live picture as multipart/x-mixed-replace',
        params: CameraParams,
        querystring: StreamQuery,
      },
    },
    (request, reply) => sendStream(context, request, reply, cameraOf(context, request, request.params.id)),
  );
  app.get(
    '/cameras/:id/live.mp4',
    {
      ...media('viewer'),
      schema: {
        tags: ['media'],
        summary: 'The live picture as H.264 in fragmented MP4',
        params: CameraParams,
        querystring: Mp4Query,
      },
    },
    (request, reply) => sendMp4(context, request, reply, cameraOf(context, request, request.params.id)),
  );
  app.get(
    '/cameras/:id/snapshot.jpg',
    {
      ...media('viewer'),
      schema: {
        tags: ['media'],
        summary: 'The newest picture as JPEG',
        params: CameraParams,
        querystring: SnapshotQuery,
      },
    },
    (request, reply) => sendSnapshot(context, request, reply, cameraOf(context, request, request.params.id)),
  );
  app.get(
    '/cameras/:id/poster.jpg',
    {
      ...media('viewer'),
      schema: {
        tags: ['media'],
        summary: 'The last picture seen, without opening the camera',
        params: CameraParams,
      },
    },
    (request, reply) => {
      const camera = cameraOf(context, request, request.params.id);
      const poster = context.cameras.poster(camera.id);
      if (poster === null) throw new PortholeError('not_found', { message: 'No picture of this camera was seen yet.' });
      return reply.header('cache-control', 'no-store').type('image/jpeg').send(poster.bytes);
    },
  );
  app.get('/video_feed', media('viewer'), (request, reply) => sendVideoFeed(context, request, reply));
  for (const name of ['stream.mjpeg', 'live.mp4', 'snapshot.jpg']) {
    registerPreflight(app, context, `/cameras/:id/${name}`);
  }
}

/** Answers the question that browsers ask before a page of another origin sends an `Authorization` header. */
export function registerPreflight(app: App, context: Context, path: string): void {
  app.options(path, { ...media('public'), schema: { hide: true } }, async (request, reply) => {
    if (await allowCrossOrigin(context.settings, request, reply)) {
      reply.header('access-control-allow-methods', 'GET, HEAD');
      reply.header('access-control-allow-headers', 'Authorization');
      reply.header('access-control-max-age', '600');
    }
    return reply.code(204).send();
  });
}

/**
 * Streams a camera until the client leaves, the grant is revoked or the server closes.
 *
 * @param patient true for a page, which cannot try again by itself: it sees in its picture why there is none, until
 *   there is one. A program is told at once that the camera cannot be opened.
 */
export async function sendStream(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
  { input = mediaInput(request), patient = false }: { input?: MediaInput; patient?: boolean } = {},
): Promise<StreamEnd | FastifyReply> {
  await allowCrossOrigin(context.settings, request, reply);
  if (request.method === 'HEAD') {
    return reply.header('cache-control', 'no-store').type('multipart/x-mixed-replace').send();
  }
  if (!patient) await openForViewer(context, reply, camera);
  return takeOver(context, request, reply, (connection) =>
    context.delivery.serveMultipart({
      ...connection,
      camera: camera.id,
      rendition: renditionFor(input.width, context.cameras.get(camera.id).size?.width ?? null),
      ...(input.fps === undefined ? {} : { fps: input.fps }),
    }),
  );
}

/** Streams a camera as H.264 in fragmented MP4, in the same way. */
export async function sendMp4(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
): Promise<StreamEnd | FastifyReply> {
  const { width, audio } = mediaInput(request);
  await allowCrossOrigin(context.settings, request, reply);
  if (request.method === 'HEAD') return reply.header('cache-control', 'no-store').type('video/mp4').send();
  await openForViewer(context, reply, camera);
  return takeOver(context, request, reply, (connection) =>
    context.delivery.serveMp4({ ...connection, camera: camera.id, width, audio }),
  );
}

/** What a delivery needs of the connection that it takes over. */
type Connection = Pick<Parameters<Delivery['serveMp4']>[0], 'socket' | 'extraHeaders' | 'httpVersion'>;

/** Gives a request's connection to a delivery, and ends that with the client, its grant and the server. */
function takeOver(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  serve: (connection: Connection) => StreamHandle,
): StreamEnd | FastifyReply {
  const { socket, httpVersion } = request.raw;
  if (socket.destroyed) return reply;
  reply.hijack();
  const extraHeaders = keptHeaders(reply);
  const handle = serve({ socket, extraHeaders, httpVersion: httpVersion === '1.0' ? '1.0' : '1.1' });
  const release = context.streams.add({
    grant: principalOf(request).grant,
    end: (reason) => handle.close(reason),
  });
  request.log.debug('stream opened');
  void handle.closed.finally(() => {
    release();
    request.log.debug('stream closed');
  });
  return { end: (reason) => handle.close(reason), closed: handle.closed };
}

/** A running stream, for those who have a reason of their own to end it. */
export interface StreamEnd {
  end(reason: string): void;
  readonly closed: Promise<void>;
}

/** A camera that cannot be opened is an error in words; one that is reconnecting shows that in its pictures. */
export async function openForViewer(context: Context, reply: FastifyReply, camera: CameraInfo): Promise<void> {
  const { kind } = camera.state;
  if (kind === 'off') throw new PortholeError('camera_off');
  if (kind === 'closed' || kind === 'opening') {
    await context.cameras.ensureOpen(camera.id, { signal: requestSignal(reply, openTimeoutMs) });
  }
}

/** Headers that the hooks set and that a taken-over response must still carry. */
function keptHeaders(reply: FastifyReply): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (/^(access-control-|cross-origin-|referrer-policy|vary)/.test(name)) {
      kept[name] = String(value);
    }
  }
  return kept;
}

/** Sends the newest picture of a camera. */
export async function sendSnapshot(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
): Promise<FastifyReply> {
  const { width } = mediaInput(request);
  await allowCrossOrigin(context.settings, request, reply);
  const snapshot = await context.delivery.takeSnapshot(camera.id, width, {
    signal: requestSignal(reply, openTimeoutMs),
  });
  return reply
    .header('cache-control', 'no-store, no-cache, must-revalidate')
    .header('x-timestamp', (snapshot.capturedAt / 1000).toFixed(3))
    .type('image/jpeg')
    .send(snapshot.bytes);
}

/** The feed of this Session's page: it plays while the Session streams, and ends with its Stop. */
async function sendVideoFeed(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const camera = chosenCamera(context, request, queryValue(request, 'camera'));
  const principal = principalOf(request);
  const watching = await watchingOf(context, principal, camera.id);
  if (!watching.streaming) {
    return reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8').send('Streaming is stopped.');
  }
  const input = mediaInput(request);
  const width = queryValue(request, 'width') === undefined ? watching.width : input.width;
  const stream = await sendStream(context, request, reply, camera, { input: { ...input, width }, patient: true });
  if (!('end' in stream)) return stream;
  const forget = context.liveView.onChange((change) => {
    const mine = change.sessionId === principal.sessionId && change.cameraId === camera.id;
    if (mine && !change.watching.streaming) stream.end('stopped');
  });
  void stream.closed.finally(forget);
  return reply;
}

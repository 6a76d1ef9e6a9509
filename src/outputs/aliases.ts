import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CameraInfo } from '../domain/camera.ts';
import { PortholeError } from '../domain/errors.ts';
import { maySee } from '../domain/user.ts';
import type { App } from '../http/app-type.ts';
import { type Context, chosenCamera, visibleCameras } from '../http/context.ts';
import { allowCrossOrigin } from '../http/cors.ts';
import { sendPlaylist } from './hls/hls-routes.ts';
import type { HlsPlayers } from './hls/hls-players.ts';
import { registerPreflight, sendMp4, sendSnapshot, sendStream } from './media.ts';
import { media, principalOf } from '../http/policy.ts';
import { actionOf, queryValue } from '../http/requests.ts';

/** The URLs that other webcam servers made common, so that their clients find Porthole without being changed. */
export function registerAliases(app: App, context: Context, players: HlsPlayers): void {
  const stream = (camera: (request: FastifyRequest) => CameraInfo) => (request: FastifyRequest, reply: FastifyReply) =>
    sendStream(context, request, reply, camera(request));
  const snapshot =
    (camera: (request: FastifyRequest) => CameraInfo) => (request: FastifyRequest, reply: FastifyReply) =>
      sendSnapshot(context, request, reply, camera(request));
  const first = (request: FastifyRequest): CameraInfo => chosenCamera(context, request, queryValue(request, 'camera'));
  const bySource = (request: FastifyRequest): CameraInfo => cameraBySource(context, request);

  // mjpg-streamer behind a proxy's /webcam/; at the root the live page's route looks for the action itself.
  app.get('/webcam', media('viewer'), (request, reply) => sendAction(context, request, reply));
  // ustreamer and camera-streamer.
  app.get('/stream', media('viewer'), stream(first));
  app.get('/snapshot', media('viewer'), snapshot(first));
  app.get('/snapshot.jpg', media('viewer'), snapshot(first));
  app.get('/video.mp4', media('viewer'), (request, reply) => sendMp4(context, request, reply, first(request)));
  app.get('/state', media('viewer'), async (request, reply) => {
    await allowCrossOrigin(context.settings, request, reply);
    return reply.header('cache-control', 'no-store').send(stateOf(context, first(request)));
  });
  // go2rtc.
  app.get('/api/stream.mjpeg', media('viewer'), stream(bySource));
  app.get('/api/frame.jpeg', media('viewer'), snapshot(bySource));
  app.get('/api/stream.m3u8', media('viewer'), (request, reply) => {
    const camera = bySource(request);
    return sendPlaylist({ context, players }, request, reply, camera, `../cameras/${camera.id}/`);
  });
  for (const path of ['/', '/webcam', '/stream', '/snapshot', '/snapshot.jpg', '/video.mp4', '/state']) {
    registerPreflight(app, context, path);
  }
}

/** Answers mjpg-streamer's `?action=stream` or `?action=snapshot`. */
export async function sendAction(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const action = actionOf(request);
  if (action === null) throw new PortholeError('not_found');
  const camera = visibleCameras(context, principalOf(request))[action.index];
  if (camera === undefined) throw new PortholeError('camera_not_found');
  return action.kind === 'stream'
    ? sendStream(context, request, reply, camera)
    : sendSnapshot(context, request, reply, camera);
}

/** go2rtc's `src`: a camera's id or name. */
function cameraBySource(context: Context, request: FastifyRequest): CameraInfo {
  const src = queryValue(request, 'src');
  const camera = src === undefined ? chosenCamera(context, request, undefined) : context.cameras.find(src);
  if (camera === undefined || !maySee(principalOf(request), camera.id)) throw new PortholeError('camera_not_found');
  return camera;
}

/** A camera's state in ustreamer's words. */
function stateOf(context: Context, camera: CameraInfo): object {
  const { state } = camera;
  const metrics = context.cameras.metrics().find((each) => each.id === camera.id);
  const clients = metrics?.renditions.reduce((sum, rendition) => sum + rendition.viewers, 0) ?? 0;
  const fps = state.kind === 'live' ? Math.round(state.fps) : 0;
  return {
    ok: true,
    result: {
      source: {
        resolution: camera.size ?? { width: 0, height: 0 },
        online: state.kind === 'live',
        desired_fps: fps,
        captured_fps: fps,
      },
      stream: { queued_fps: fps, clients },
    },
  };
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { chosenCamera, visibleCameras } from '../cameras/camera-request.ts';
import type { Cameras } from '../cameras/cameras.ts';
import type { CameraInfo } from '../domain/cameras/camera.ts';
import { PortholeError } from '../domain/errors.ts';
import { maySee } from '../domain/users/user.ts';
import { allowCrossOrigin, registerPreflight } from '../http/security/cors.ts';
import type { Feature } from '../http/kernel.ts';
import { media, principalOf } from '../http/security/policy.ts';
import { actionOf, queryValue } from '../http/requests.ts';
import { type HlsServices, sendPlaylist } from './hls/hls-routes.ts';
import { type MjpegServices, sendMjpeg } from './mjpeg/mjpeg-routes.ts';
import { type Mp4Services, sendMp4 } from './mp4/mp4-routes.ts';
import { sendSnapshot } from './snapshot/snapshot-routes.ts';

/** The URLs of other webcam servers, so that their clients work with Porthole unchanged. */
export function aliasesFeature(services: MjpegServices & Mp4Services & HlsServices): Feature {
  const { cameras } = services;
  type Find = (request: FastifyRequest) => CameraInfo;
  const stream = (find: Find) => (request: FastifyRequest, reply: FastifyReply) =>
    sendMjpeg(services, request, reply, find(request));
  const snapshot = (find: Find) => (request: FastifyRequest, reply: FastifyReply) =>
    sendSnapshot(cameras, request, reply, find(request));
  const first: Find = (request) => chosenCamera(cameras, request, queryValue(request, 'camera'));
  const bySource: Find = (request) => cameraBySource(cameras, request);

  return (app) => {
    // mjpg-streamer, also behind a proxy's /webcam/. `/?action=…` comes here too, see `rewriteAction`.
    app.get('/webcam', media('viewer'), (request, reply) => sendAction(services, request, reply));
    // ustreamer and camera-streamer.
    app.get('/stream', media('viewer'), stream(first));
    app.get('/snapshot', media('viewer'), snapshot(first));
    app.get('/snapshot.jpg', media('viewer'), snapshot(first));
    app.get('/video.mp4', media('viewer'), (request, reply) => sendMp4(services, request, reply, first(request)));
    app.get('/state', media('viewer'), async (request, reply) => {
      await allowCrossOrigin(request, reply);
      return reply.header('cache-control', 'no-store').send(stateOf(cameras, first(request)));
    });
    // go2rtc.
    app.get('/api/stream.mjpeg', media('viewer'), stream(bySource));
    app.get('/api/frame.jpeg', media('viewer'), snapshot(bySource));
    app.get('/api/stream.m3u8', media('viewer'), (request, reply) => {
      const camera = bySource(request);
      return sendPlaylist(services, request, reply, camera, `../cameras/${camera.id}/`);
    });
    for (const path of ['/', '/webcam', '/stream', '/snapshot', '/snapshot.jpg', '/video.mp4', '/state']) {
      registerPreflight(app, path);
    }
  };
}

/** Answers mjpg-streamer's `?action=stream` and `?action=snapshot`. */
async function sendAction(
  services: MjpegServices,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const action = actionOf(request.url);
  if (action === null) throw new PortholeError('not_found');
  const camera = visibleCameras(services.cameras, principalOf(request))[action.index];
  if (camera === undefined) throw new PortholeError('camera_not_found');
  return action.kind === 'stream'
    ? sendMjpeg(services, request, reply, camera)
    : sendSnapshot(services.cameras, request, reply, camera);
}

/** go2rtc's `src`: a camera's id or name. */
function cameraBySource(cameras: Cameras, request: FastifyRequest): CameraInfo {
  const src = queryValue(request, 'src');
  const camera = src === undefined ? chosenCamera(cameras, request, undefined) : cameras.find(src);
  if (camera === undefined || !maySee(principalOf(request), camera.id)) throw new PortholeError('camera_not_found');
  return camera;
}

/** A camera's state in ustreamer's format. */
function stateOf(cameras: Cameras, camera: CameraInfo): object {
  const { state } = camera;
  const metrics = cameras.metrics().find((each) => each.id === camera.id);
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

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { OpenStreams } from '../../accounts/open-streams.ts';
import { CameraParams, cameraOf } from '../../cameras/camera-request.ts';
import type { Cameras } from '../../cameras/cameras.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import type { Connections } from '../../fanout/connections.ts';
import { allowCrossOrigin, registerPreflight } from '../../http/security/cors.ts';
import { sendHead } from '../../http/send-head.ts';
import type { Feature } from '../../http/kernel.ts';
import { media } from '../../http/security/policy.ts';
import { mediaReplies } from '../../http/schemas.ts';
import { audioParameter, mediaInput, tokenParameter, widthParameter } from '../media-input.ts';
import { awaitAudio, openForViewer } from '../open-for-viewer.ts';
import { takeOver } from '../take-over.ts';
import type { Fmp4Tracks } from './fmp4-track.ts';
import { mp4AudioOf } from './mp4-audio.ts';
import { Mp4Stream } from './mp4-stream.ts';

const Mp4Query = Type.Object({ width: widthParameter, audio: audioParameter, token: tokenParameter });

/** Services of MP4 streams. */
export interface Mp4Services {
  readonly cameras: Cameras;
  readonly streams: OpenStreams;
  readonly connections: Connections;
  readonly tracks: Fmp4Tracks;
}

/** Fragmented MP4 over HTTP, for other programs. */
export function mp4Feature(services: Mp4Services): Feature {
  return (app) => {
    app.get(
      '/cameras/:id/live.mp4',
      {
        ...media('viewer'),
        schema: {
          tags: ['media'],
          operationId: 'streamMp4',
          summary: 'Live video as H.264 in fragmented MP4',
          params: CameraParams,
          querystring: Mp4Query,
          response: mediaReplies('video/mp4'),
        },
      },
      (request, reply) => sendMp4(services, request, reply, cameraOf(services.cameras, request, request.params.id)),
    );
    registerPreflight(app, '/cameras/:id/live.mp4');
  };
}

/** Streams a camera as H.264 in fragmented MP4 until the client leaves, the grant is revoked or the server closes. */
export async function sendMp4(
  { cameras, streams, connections, tracks }: Mp4Services,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
): Promise<FastifyReply> {
  const { width, audio } = mediaInput(request);
  await allowCrossOrigin(request, reply);
  if (request.method === 'HEAD') return sendHead(reply.header('cache-control', 'no-store').type('video/mp4'));
  await openForViewer(cameras, reply, camera);
  if (audio) await awaitAudio(cameras, reply, camera.id);
  const { id } = camera;
  takeOver(streams, request, reply, ({ socket, ...response }) => {
    const { rendition, stream } = cameras.rendition(id, width, 'h264');
    return Mp4Stream.open(cameras, {
      ...response,
      connection: connections.of(socket),
      camera: id,
      rendition,
      track: tracks.of(stream),
      audio: mp4AudioOf(cameras, tracks, id, audio),
      fps: rateOf(cameras.get(id)),
    });
  });
  return reply;
}

/** The measured rate of a camera; until there is one, the rate that its source claims. */
function rateOf({ state }: CameraInfo): number | undefined {
  if (state.kind !== 'live') return undefined;
  return state.fps > 0 ? state.fps : state.claimedFps;
}

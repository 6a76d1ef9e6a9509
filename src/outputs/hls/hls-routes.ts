import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { OpenStreams } from '../../accounts/open-streams.ts';
import { CameraParams, cameraOf } from '../../cameras/camera-request.ts';
import type { Cameras } from '../../cameras/cameras.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { PortholeError, problemError } from '../../domain/errors.ts';
import { allowCrossOrigin, registerPreflight } from '../../http/security/cors.ts';
import { sendHead } from '../../http/send-head.ts';
import type { Feature } from '../../http/kernel.ts';
import { media, principalOf } from '../../http/security/policy.ts';
import { queryValue, requestSignal } from '../../http/requests.ts';
import { mediaReplies } from '../../http/schemas.ts';
import { audioParameter, mediaInput, widthParameter } from '../media-input.ts';
import { awaitAudio, openForViewer, openTimeoutMs } from '../open-for-viewer.ts';
import type { HlsPlayers } from './hls-players.ts';
import type { HlsStream } from './hls-stream.ts';

const playlistType = 'application/vnd.apple.mpegurl';

const PlaylistQuery = Type.Object({
  width: widthParameter,
  audio: audioParameter,
  token: Type.Optional(
    Type.Unknown({
      description: 'An API token, for players that cannot send headers. The URLs in the playlist contain it.',
    }),
  ),
  _HLS_msn: Type.Optional(Type.Unknown({ description: 'Wait until the playlist has this segment.' })),
  _HLS_part: Type.Optional(Type.Unknown({ description: 'Wait until the playlist has this part of it.' })),
});
const FileParams = Type.Object({ ...CameraParams.properties, folder: Type.String(), file: Type.String() });

/** Services of HLS. */
export interface HlsServices {
  readonly cameras: Cameras;
  readonly streams: OpenStreams;
  readonly hlsPlayers: HlsPlayers;
}

/** HLS: a growing playlist of segments, and the segments. */
export function hlsFeature(services: HlsServices): Feature {
  const { cameras } = services;
  return (app) => {
    app.get(
      '/cameras/:id/index.m3u8',
      {
        ...media('viewer'),
        schema: {
          tags: ['media'],
          operationId: 'getHlsPlaylist',
          summary: 'Live video as H.264 in HLS',
          params: CameraParams,
          querystring: PlaylistQuery,
          response: mediaReplies(playlistType),
        },
      },
      (request, reply) => sendPlaylist(services, request, reply, cameraOf(cameras, request, request.params.id), ''),
    );
    app.get(
      '/cameras/:id/hls/:folder/:file',
      {
        ...media('viewer'),
        schema: {
          tags: ['media'],
          operationId: 'getHlsFile',
          summary: 'Get a segment that the playlist names',
          params: FileParams,
          response: mediaReplies('video/mp4'),
        },
      },
      (request, reply) => {
        const { id, folder, file } = request.params;
        return sendFile(services, request, reply, cameraOf(cameras, request, id), folder, file);
      },
    );
    for (const name of ['index.m3u8', 'hls/:folder/:file']) registerPreflight(app, `/cameras/:id/${name}`);
  };
}

/**
 * Sends a camera's playlist. From now on the client is one of its players.
 *
 * @param folder the camera's URL relative to that of the playlist: empty, or with a slash at its end
 */
export async function sendPlaylist(
  services: HlsServices,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
  folder: string,
): Promise<FastifyReply> {
  const { cameras, hlsPlayers } = services;
  const { width, audio } = mediaInput(request);
  const reload = reloadOf(request);
  await allowCrossOrigin(request, reply);
  reply.header('cache-control', 'no-store').type(playlistType);
  if (request.method === 'HEAD') return sendHead(reply);
  await openForViewer(cameras, reply, camera);
  if (audio) await awaitAudio(cameras, reply, camera.id);
  const player = playerName(request);
  const stream = hlsPlayers.streamFor({ player, camera: camera.id, width, audio });
  if (!stream.has(player)) join(services, request, stream, player);
  const token = tokenOf(request);
  const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
  const uri = (file: string): string => `${folder}hls/${stream.folder}/${file}${query}`;
  const signal = requestSignal(reply, openTimeoutMs);
  try {
    return await reply.send(await stream.playlist(player, uri, { signal, reload }));
  } catch (error) {
    const { state } = cameras.get(camera.id);
    throw state.kind === 'reconnecting' && signal.aborted ? problemError(state.problem) : error;
  }
}

async function sendFile(
  { hlsPlayers }: HlsServices,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
  folder: string,
  file: string,
): Promise<FastifyReply> {
  await allowCrossOrigin(request, reply);
  if (camera.state.kind === 'off') throw new PortholeError('camera_off');
  const signal = requestSignal(reply, openTimeoutMs);
  // VLC 3 loads one initialisation segment for a whole playlist, and restarts its demuxer at each discontinuity.
  const repeatInit = request.headers['user-agent']?.includes('LibVLC') === true;
  const bytes = await hlsPlayers.find(camera.id, folder)?.file(playerName(request), file, { signal, repeatInit });
  if (bytes === undefined) {
    throw new PortholeError('not_found', { message: 'This part of the stream is over. Load its playlist again.' });
  }
  return reply.header('cache-control', 'no-store').type('video/mp4').send(bytes);
}

/** Adds a player, which ends with its grant and with the server. */
function join({ streams, hlsPlayers }: HlsServices, request: FastifyRequest, stream: HlsStream, name: string): void {
  const player = stream.join(name);
  const release = streams.add({ grant: principalOf(request).grant, end: (reason) => player.close(reason) });
  request.log.debug('HLS player joined');
  void player.closed.finally(() => {
    release();
    hlsPlayers.forget(name, stream);
    request.log.debug('HLS player left');
  });
}

/** A player has no connection, so all requests from one address with one credential are one player. */
function playerName(request: FastifyRequest): string {
  return `${principalOf(request).grant} ${request.ip}`;
}

/** The token in the URL, as the gate has read it. */
function tokenOf(request: FastifyRequest): string | undefined {
  return queryValue(request, 'token')?.split('?')[0];
}

function reloadOf(request: FastifyRequest): { segment: number; part: number | undefined } | undefined {
  const segment = countOf(request, '_HLS_msn');
  const part = countOf(request, '_HLS_part');
  if (segment === undefined && part !== undefined) {
    throw new PortholeError('invalid_input', {
      field: '_HLS_part',
      message: '_HLS_part needs _HLS_msn, the number of its segment.',
    });
  }
  return segment === undefined ? undefined : { segment, part };
}

function countOf(request: FastifyRequest, field: '_HLS_msn' | '_HLS_part'): number | undefined {
  const text = queryValue(request, field);
  if (text === undefined || /^\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new PortholeError('invalid_input', { field, message: `${field} is a whole number.` });
}

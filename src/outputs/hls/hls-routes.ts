import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { CameraInfo } from '../../domain/camera.ts';
import { PortholeError, problemError } from '../../domain/errors.ts';
import type { App } from '../../http/app-type.ts';
import { type Context, cameraOf } from '../../http/context.ts';
import { allowCrossOrigin } from '../../http/cors.ts';
import type { HlsStreamHandle } from '../../http/deps.ts';
import type { HlsPlayers } from './hls-players.ts';
import { openForViewer, openTimeoutMs, registerPreflight } from '../media.ts';
import { mediaInput } from '../media-input.ts';
import { media, principalOf } from '../../http/policy.ts';
import { queryValue, requestSignal } from '../../http/requests.ts';
import { CameraParams } from '../../http/schemas.ts';

const playlistType = 'application/vnd.apple.mpegurl';

const PlaylistQuery = Type.Object({
  width: Type.Optional(
    Type.Unknown({ description: 'Pixels, or "source"; snaps to the next width that the camera offers.' }),
  ),
  audio: Type.Optional(
    Type.Unknown({ description: '1 with sound, where the camera has some; 0, the default, without.' }),
  ),
  token: Type.Optional(
    Type.Unknown({ description: 'An API token, for players that send no headers; the addresses in the list bear it.' }),
  ),
  _HLS_msn: Type.Optional(Type.Unknown({ description: 'Waits until the list has this segment.' })),
  _HLS_part: Type.Optional(Type.Unknown({ description: 'Waits until the list has this part of it.' })),
});
const FileParams = Type.Intersect([CameraParams, Type.Object({ folder: Type.String(), file: Type.String() })]);

/** HLS: a list of segments that grows, and the segments. */
export function registerHls(app: App, context: Context, players: HlsPlayers): void {
  app.get(
    '/cameras/:id/index.m3u8',
    {
      ...media('viewer'),
      schema: {
        tags: ['media'],
        summary: 'The live picture as H.264 in HLS',
        params: CameraParams,
        querystring: PlaylistQuery,
      },
    },
    (request, reply) =>
      sendPlaylist({ context, players }, request, reply, cameraOf(context, request, request.params.id), ''),
  );
  app.get(
    '/cameras/:id/hls/:folder/:file',
    {
      ...media('viewer'),
      schema: { tags: ['media'], summary: 'A segment, as the list names it', params: FileParams },
    },
    (request, reply) => {
      const { id, folder, file } = request.params;
      return sendFile({ context, players }, request, reply, cameraOf(context, request, id), folder, file);
    },
  );
  for (const name of ['index.m3u8', 'hls/:folder/:file']) registerPreflight(app, context, `/cameras/:id/${name}`);
}

/** What answers players. */
export interface HlsContext {
  readonly context: Context;
  readonly players: HlsPlayers;
}

/**
 * Sends a camera's playlist; whoever asks is a player from now on.
 *
 * @param folder the camera's address relative to that of the playlist: empty, or with a slash at its end
 */
export async function sendPlaylist(
  { context, players }: HlsContext,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
  folder: string,
): Promise<FastifyReply> {
  const { width, audio } = mediaInput(request);
  const reload = reloadOf(request);
  await allowCrossOrigin(context.settings, request, reply);
  reply.header('cache-control', 'no-store').type(playlistType);
  if (request.method === 'HEAD') return reply.send();
  await openForViewer(context, reply, camera);
  const name = playerName(request);
  const wish = { player: name, camera: camera.id, width, audio };
  const stream = players.streamOf(wish) ?? context.delivery.hls(camera.id, width, { audio });
  if (!stream.has(name)) register({ context, players }, request, stream, name);
  players.keep(wish, stream);
  const token = tokenOf(request);
  const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
  const uri = (file: string): string => `${folder}hls/${stream.folder}/${file}${query}`;
  const signal = requestSignal(reply, openTimeoutMs);
  try {
    return await reply.send(await stream.playlist(name, uri, { signal, reload }));
  } catch (error) {
    const { state } = context.cameras.get(camera.id);
    throw state.kind === 'reconnecting' && signal.aborted ? problemError(state.problem) : error;
  }
}

/** Sends a file that a playlist names, if it is still there. */
async function sendFile(
  { context, players }: HlsContext,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
  folder: string,
  file: string,
): Promise<FastifyReply> {
  await allowCrossOrigin(context.settings, request, reply);
  if (camera.state.kind === 'off') throw new PortholeError('camera_off');
  const signal = requestSignal(reply, openTimeoutMs);
  const bytes = await players.find(camera.id, folder)?.file(playerName(request), file, { signal });
  if (bytes === undefined) {
    throw new PortholeError('not_found', { message: 'This part of the stream is over. Load its playlist again.' });
  }
  return reply.header('cache-control', 'no-store').type('video/mp4').send(bytes);
}

/** Lets a new player end with its grant and with the server. */
function register(
  { context, players }: HlsContext,
  request: FastifyRequest,
  stream: HlsStreamHandle,
  name: string,
): void {
  const player = stream.join(name);
  const release = context.streams.add({
    grant: principalOf(request).grant,
    end: (reason) => player.close(reason),
  });
  request.log.debug('HLS player came');
  void player.closed.finally(() => {
    release();
    players.forget(name, stream);
    request.log.debug('HLS player left');
  });
}

/** A player has no connection: whoever asks from one address with one credential is one player. */
function playerName(request: FastifyRequest): string {
  return `${principalOf(request).grant} ${request.ip}`;
}

/** The token of the address, as the gate has read it. */
function tokenOf(request: FastifyRequest): string | undefined {
  return queryValue(request, 'token')?.split('?')[0];
}

function reloadOf(request: FastifyRequest): { segment: number; part: number | undefined } | undefined {
  const segment = countOf(request, '_HLS_msn');
  const part = countOf(request, '_HLS_part');
  if (segment === undefined && part !== undefined) {
    throw new PortholeError('invalid_input', {
      field: '_HLS_part',
      message: '_HLS_part goes with _HLS_msn, the number of its segment.',
    });
  }
  return segment === undefined ? undefined : { segment, part };
}

function countOf(request: FastifyRequest, field: '_HLS_msn' | '_HLS_part'): number | undefined {
  const text = queryValue(request, field);
  if (text === undefined || /^\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new PortholeError('invalid_input', { field, message: `${field} is a whole number.` });
}

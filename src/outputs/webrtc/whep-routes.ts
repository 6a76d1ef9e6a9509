import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CameraInfo } from '../../domain/camera.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { IceServer } from '../../domain/ice.ts';
import type { App } from '../../http/app-type.ts';
import { answerCameraStreamer, isCameraStreamer } from './camera-streamer-webrtc.ts';
import { type Context, cameraOf, chosenCamera } from '../../http/context.ts';
import { allowCrossOrigin } from '../../http/cors.ts';
import { openForViewer } from '../media.ts';
import { mediaInput } from '../media-input.ts';
import type { Policy, RouteConfig } from '../../http/policy.ts';
import { pathOf, queryValue } from '../../http/requests.ts';
import type { WebRtcHandle } from '../../http/deps.ts';
import { WhepSessions } from './whep-sessions.ts';

const offerType = 'application/sdp';
const fragmentType = 'application/trickle-ice-sdpfrag';
/** No browser's offer is longer, in bytes. */
const longestOffer = 64 * 1024;
/** The endpoints of the first camera, by the names that clients look for: Mainsail puts `/whep` behind its URL. */
const endpoints = ['/whep', '/webrtc', '/webrtc/whep'] as const;

/** Live pictures over WebRTC by WHEP (draft-ietf-wish-whep): an offer is posted, and the answer comes back. */
export function registerWhep(app: App, context: Context): void {
  const sessions = new WhepSessions(context);
  app.addHook('onClose', (_app, done) => {
    sessions.close();
    done();
  });
  // In a scope of its own: here a body is a text, whatever it is called.
  void app.register(async (plain) => {
    const scope = plain as App;
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: longestOffer }, (_request, body, done) =>
      done(null, body),
    );
    const byId = (request: FastifyRequest): CameraInfo =>
      cameraOf(context, request, (request.params as { readonly id: string }).id);
    const first = (request: FastifyRequest): CameraInfo =>
      chosenCamera(context, request, queryValue(request, 'camera'));
    registerEndpoint(scope, context, sessions, '/cameras/:id/whep', byId);
    for (const path of endpoints) registerEndpoint(scope, context, sessions, path, first);
    // A token in Mainsail's URL is followed by what it puts behind the URL, the session's name included.
    scope.patch('/webrtc', { ...whep('viewer'), schema: { hide: true } }, (request, reply) =>
      takeFragment(context, sessions, request, reply, sessionBehindToken(request)),
    );
  });
}

/** A route that foreign pages use as the origins in settings say; see {@link RouteConfig.asksFirst}. */
function whep(policy: Policy): { readonly config: RouteConfig } {
  return { config: { policy, answers: 'media', queryToken: true, asksFirst: true } };
}

function registerEndpoint(
  app: App,
  context: Context,
  sessions: WhepSessions,
  path: string,
  camera: (request: FastifyRequest) => CameraInfo,
): void {
  const hide = path !== '/cameras/:id/whep';
  const describe = (summary: string, consumes?: string): { readonly schema: object } => ({
    schema: { tags: ['media'], summary, hide, ...(consumes === undefined ? {} : { consumes: [consumes] }) },
  });
  const sessionOf = (request: FastifyRequest): string => (request.params as { readonly session: string }).session;
  app.post(
    path,
    { ...whep('viewer'), ...describe('WebRTC by WHEP: the answer to an offer', offerType) },
    (request, reply) =>
      path === '/webrtc' && isCameraStreamer(request)
        ? hearCameraStreamer(context, sessions, request, reply)
        : openSession(context, sessions, request, reply, camera),
  );
  app.patch(
    `${path}/:session`,
    { ...whep('viewer'), ...describe('Further ICE candidates of the client', fragmentType) },
    (request, reply) => takeFragment(context, sessions, request, reply, sessionOf(request)),
  );
  app.delete(`${path}/:session`, { ...whep('viewer'), ...describe('End a WebRTC session') }, async (request, reply) => {
    await allowWhep(context, request, reply);
    sessions.mine(request, sessionOf(request)).close('the viewer left');
    return reply.code(200).send();
  });
  for (const each of [path, `${path}/:session`]) {
    app.options(each, { ...whep('public'), schema: { hide: true } }, (request, reply) =>
      tellOptions(context, request, reply),
    );
    app.get(each, { ...whep('viewer'), schema: { hide: true } }, (_request, reply) => {
      reply.header('allow', each === path ? 'OPTIONS, POST' : 'OPTIONS, PATCH, DELETE');
      throw new PortholeError('method_not_allowed', { message: 'This address speaks WHEP: send it an offer by POST.' });
    });
  }
}

async function openSession(
  context: Context,
  sessions: WhepSessions,
  request: FastifyRequest,
  reply: FastifyReply,
  find: (request: FastifyRequest) => CameraInfo,
): Promise<FastifyReply> {
  await allowWhep(context, request, reply);
  const camera = find(request);
  const offer = bodyOf(request, reply, offerType, 'accept-post');
  const session = await begin(context, sessions, request, reply, camera, offer);
  const token = queryValue(request, 'token')?.split(/[?/]/)[0];
  const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
  reply
    .code(201)
    .header('location', `${pathOf(request.url).replace(/\/$/, '')}/${session.id}${query}`)
    .header('etag', session.etag)
    .header('accept-patch', fragmentType)
    .header('cache-control', 'no-store')
    .type(offerType);
  return reply.send(session.answer);
}

/** @param offer the client's; null to make it one */
async function begin(
  context: Context,
  sessions: WhepSessions,
  request: FastifyRequest,
  reply: FastifyReply,
  camera: CameraInfo,
  offer: string | null,
): Promise<WebRtcHandle> {
  const { width } = mediaInput(request);
  const leave = sessions.enter(request);
  try {
    await openForViewer(context, reply, camera);
    const session = await context.delivery.openWebRtc({ camera: camera.id, width, offer });
    if (request.raw.socket.destroyed) session.close('the viewer left');
    sessions.add(request, session);
    return session;
  } finally {
    leave();
  }
}

async function hearCameraStreamer(
  context: Context,
  sessions: WhepSessions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await allowWhep(context, request, reply);
  const { iceServers } = context.delivery;
  return answerCameraStreamer(request, reply, {
    sessions,
    iceServers,
    open: () => {
      const camera = chosenCamera(context, request, queryValue(request, 'camera'));
      return begin(context, sessions, request, reply, camera, null);
    },
  });
}

async function takeFragment(
  context: Context,
  sessions: WhepSessions,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
): Promise<FastifyReply> {
  await allowWhep(context, request, reply);
  const session = sessions.mine(request, id);
  const fragment = bodyOf(request, reply, fragmentType, 'accept-patch');
  const condition = request.headers['if-match'];
  if (condition !== undefined && condition !== '' && condition !== '*' && condition !== session.etag) {
    throw new PortholeError('webrtc_session_changed');
  }
  session.addCandidates(fragment);
  return reply.code(204).send();
}

/** What the client may do here; the servers for ICE are told to those who may watch. */
async function tellOptions(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (await allowWhep(context, request, reply)) {
    reply.header('access-control-allow-methods', 'OPTIONS, POST, PATCH, DELETE');
    reply.header('access-control-allow-headers', 'Authorization, Content-Type, If-Match');
    reply.header('access-control-max-age', '600');
  }
  reply.header('allow', 'OPTIONS, POST, PATCH, DELETE');
  return reply.header('accept-post', offerType).header('accept-patch', fragmentType).code(204).send();
}

/** Headers that every answer has: for pages of other origins, and the servers that help with ICE. */
async function allowWhep(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  if (request.principal !== null && context.delivery.iceServers.length > 0) {
    reply.header('link', context.delivery.iceServers.map(linkTo).join(', '));
  }
  const allowed = await allowCrossOrigin(context.settings, request, reply);
  if (allowed) reply.header('access-control-expose-headers', 'Location, ETag, Link, Accept-Patch, Accept-Post');
  return allowed;
}

/** A server for STUN or TURN as WHEP tells it (RFC 9725, section 4.6). */
function linkTo({ kind, host, port, username, password }: IceServer): string {
  const address = host.includes(':') ? `[${host}]` : host;
  const link = `<${kind}:${address}:${port}${kind === 'turn' ? '?transport=udp' : ''}>; rel="ice-server"`;
  if (username === undefined) return link;
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
  return `${link}; username=${quoted(username)}; credential=${quoted(password ?? '')}; credential-type="password"`;
}

function bodyOf(request: FastifyRequest, reply: FastifyReply, type: string, tell: string): string {
  const given = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (given === type && typeof request.body === 'string') return request.body;
  reply.header(tell, type);
  throw new PortholeError('unsupported_type', { message: `Send this with Content-Type: ${type}.` });
}

/** `…?token=TOKEN/whep/SESSION` */
function sessionBehindToken(request: FastifyRequest): string {
  return /\/whep\/([\w-]+)/.exec(queryValue(request, 'token') ?? '')?.[1] ?? '';
}

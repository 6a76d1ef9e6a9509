import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OpenStreams } from '../../accounts/open-streams.ts';
import { cameraOf, chosenCamera } from '../../cameras/camera-request.ts';
import type { Cameras } from '../../cameras/cameras.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { IceServer } from '../../domain/media/ice.ts';
import { allowCrossOrigin } from '../../http/security/cors.ts';
import type { App, Feature } from '../../http/kernel.ts';
import type { Policy, RouteConfig } from '../../http/security/policy.ts';
import { mediaReplies, NoContent } from '../../http/schemas.ts';
import { clientAddress, pathOf, queryValue } from '../../http/requests.ts';
import { mediaInput } from '../media-input.ts';
import { openForViewer } from '../open-for-viewer.ts';
import { answerCameraStreamer, isCameraStreamer } from './camera-streamer-webrtc.ts';
import { type WhepSession, WhepSessions } from './whep-sessions.ts';

const offerType = 'application/sdp';
const fragmentType = 'application/trickle-ice-sdpfrag';
/** No browser's offer is longer, in bytes. */
const longestOffer = 64 * 1024;
/** The endpoints of the first camera, by the names that clients look for: Mainsail appends `/whep` to its URL. */
const endpoints = ['/whep', '/webrtc', '/webrtc/whep'] as const;

/** Services of WHEP. */
export interface WhepServices {
  readonly cameras: Cameras;
  readonly streams: OpenStreams;
  /** Opens WebRTC sessions; `servers` are the STUN and TURN servers for clients. */
  readonly webRtc: {
    readonly servers: readonly IceServer[];
    /**
     * @param options `offer` is the client's SDP; null to make an offer for the client. `client` is its address, if
     *   known
     */
    open(options: {
      readonly camera: string;
      readonly width: number | 'source';
      readonly offer: string | null;
      readonly client: string | null;
    }): Promise<WhepSession>;
  };
}

/** Live video over WebRTC by WHEP (draft-ietf-wish-whep): the client posts an offer and gets the answer. */
export function whepFeature(services: WhepServices): Feature {
  return (app) => {
    const { cameras } = services;
    const endpoint = new WhepEndpoint(services);
    const unsubscribe = endpoint.sessions.watchCameras();
    app.addHook('onClose', (_app, done) => {
      unsubscribe();
      done();
    });
    // In this feature every body is text.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: longestOffer }, (_request, body, done) =>
      done(null, body),
    );
    const byId = (request: FastifyRequest): CameraInfo =>
      cameraOf(cameras, request, (request.params as { readonly id: string }).id);
    const first = (request: FastifyRequest): CameraInfo =>
      chosenCamera(cameras, request, queryValue(request, 'camera'));
    registerEndpoint(app, endpoint, '/cameras/:id/whep', byId);
    for (const path of endpoints) registerEndpoint(app, endpoint, path, first);
    // Mainsail appends the session's URL to its own, so a token in its URL comes before the session's id.
    app.patch('/webrtc', { ...whep('viewer'), schema: { hide: true } }, (request, reply) =>
      endpoint.takeFragment(request, reply, sessionBehindToken(request)),
    );
  };
}

/** A route that pages of the origins in Settings may use; see {@link RouteConfig.asksFirst}. */
function whep(policy: Policy): { readonly config: RouteConfig } {
  return { config: { policy, answers: 'media', queryToken: true, asksFirst: true } };
}

function registerEndpoint(
  app: App,
  endpoint: WhepEndpoint,
  path: string,
  camera: (request: FastifyRequest) => CameraInfo,
): void {
  const hide = path !== '/cameras/:id/whep';
  const describe = (
    operationId: string,
    summary: string,
    replies: object,
    consumes?: string,
  ): { readonly schema: object } => ({
    schema: {
      tags: ['media'],
      operationId,
      summary,
      response: replies,
      hide,
      ...(consumes === undefined ? {} : { consumes: [consumes] }),
    },
  });
  const sessionOf = (request: FastifyRequest): string => (request.params as { readonly session: string }).session;
  app.post(
    path,
    {
      ...whep('viewer'),
      ...describe('startWhep', 'Start WebRTC by WHEP: answers an offer', mediaReplies(offerType, 201), offerType),
    },
    (request, reply) =>
      path === '/webrtc' && isCameraStreamer(request)
        ? endpoint.answerCameraStreamer(request, reply)
        : endpoint.open(request, reply, camera),
  );
  app.patch(
    `${path}/:session`,
    {
      ...whep('viewer'),
      ...describe('addIceCandidates', "Add the client's ICE candidates", { 204: NoContent }, fragmentType),
    },
    (request, reply) => endpoint.takeFragment(request, reply, sessionOf(request)),
  );
  app.delete(
    `${path}/:session`,
    { ...whep('viewer'), ...describe('endWhep', 'End a WebRTC session', { 200: NoContent }) },
    (request, reply) => endpoint.end(request, reply, sessionOf(request)),
  );
  for (const each of [path, `${path}/:session`]) {
    app.options(each, { ...whep('public'), schema: { hide: true } }, (request, reply) =>
      endpoint.sendOptions(request, reply),
    );
    app.get(each, { ...whep('viewer'), schema: { hide: true } }, (_request, reply) => {
      reply.header('allow', each === path ? 'OPTIONS, POST' : 'OPTIONS, PATCH, DELETE');
      throw new PortholeError('method_not_allowed', { message: 'This address speaks WHEP: send it an offer by POST.' });
    });
  }
}

/** WHEP's methods. */
class WhepEndpoint {
  readonly sessions: WhepSessions;
  readonly #cameras: Cameras;
  readonly #webRtc: WhepServices['webRtc'];

  constructor({ cameras, streams, webRtc }: WhepServices) {
    this.#cameras = cameras;
    this.#webRtc = webRtc;
    this.sessions = new WhepSessions(cameras, streams);
  }

  async open(
    request: FastifyRequest,
    reply: FastifyReply,
    find: (request: FastifyRequest) => CameraInfo,
  ): Promise<FastifyReply> {
    await this.#allow(request, reply);
    const camera = find(request);
    const offer = bodyOf(request, reply, offerType, 'accept-post');
    const session = await this.#begin(request, reply, camera, offer);
    const token = queryValue(request, 'token')?.split(/[?/]/)[0];
    const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
    // Relative to the endpoint (RFC 3986, section 5.2): a proxy may serve Porthole below another path.
    const endpoint = pathOf(request.url).split('/').at(-1) ?? '';
    reply
      .code(201)
      .header('location', `${endpoint === '' ? '' : `${endpoint}/`}${session.id}${query}`)
      .header('etag', session.etag)
      .header('accept-patch', fragmentType)
      .header('cache-control', 'no-store')
      .type(offerType);
    return reply.send(session.answer);
  }

  async answerCameraStreamer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    await this.#allow(request, reply);
    return answerCameraStreamer(request, reply, {
      sessions: this.sessions,
      iceServers: this.#webRtc.servers,
      open: (offer) => {
        const camera = chosenCamera(this.#cameras, request, queryValue(request, 'camera'));
        return this.#begin(request, reply, camera, offer);
      },
    });
  }

  async takeFragment(request: FastifyRequest, reply: FastifyReply, id: string): Promise<FastifyReply> {
    await this.#allow(request, reply);
    const session = this.sessions.mine(request, id);
    const fragment = bodyOf(request, reply, fragmentType, 'accept-patch');
    const condition = request.headers['if-match'];
    if (condition !== undefined && condition !== '' && condition !== '*' && condition !== session.etag) {
      throw new PortholeError('webrtc_session_changed');
    }
    session.addCandidates(fragment);
    return reply.code(204).send();
  }

  async end(request: FastifyRequest, reply: FastifyReply, id: string): Promise<FastifyReply> {
    await this.#allow(request, reply);
    this.sessions.mine(request, id).close('the viewer left');
    return reply.code(200).send();
  }

  /** Tells which methods there are, and the ICE servers to people who may watch. */
  async sendOptions(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (await this.#allow(request, reply)) {
      reply.header('access-control-allow-methods', 'OPTIONS, POST, PATCH, DELETE');
      // OctoPrint adds Cache-Control to its requests.
      reply.header('access-control-allow-headers', 'Authorization, Cache-Control, Content-Type, If-Match');
      reply.header('access-control-max-age', '600');
    }
    reply.header('allow', 'OPTIONS, POST, PATCH, DELETE');
    return reply.header('accept-post', offerType).header('accept-patch', fragmentType).code(204).send();
  }

  /** @param offer the client's; null to make an offer for the client */
  async #begin(
    request: FastifyRequest,
    reply: FastifyReply,
    camera: CameraInfo,
    offer: string | null,
  ): Promise<WhepSession> {
    const { width } = mediaInput(request);
    const place = this.sessions.places.enter(request);
    try {
      await openForViewer(this.#cameras, reply, camera);
      const session = await this.#webRtc.open({ camera: camera.id, width, offer, client: clientAddress(request) });
      if (request.raw.socket.destroyed) session.close('the viewer left');
      this.sessions.add(request, session, place);
      return session;
    } catch (error) {
      place.leave();
      throw error;
    }
  }

  /** Sets the headers of every response: CORS, and the ICE servers. */
  async #allow(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { servers } = this.#webRtc;
    if (request.principal !== null && servers.length > 0) reply.header('link', servers.map(linkTo).join(', '));
    const allowed = await allowCrossOrigin(request, reply);
    if (allowed) reply.header('access-control-expose-headers', 'Location, ETag, Link, Accept-Patch, Accept-Post');
    return allowed;
  }
}

/** A STUN or TURN server as a Link header (RFC 9725, section 4.6). */
function linkTo({ kind, host, port, username, password }: IceServer): string {
  const address = host.includes(':') ? `[${host}]` : host;
  const link = `<${kind}:${address}:${port}${kind === 'turn' ? '?transport=udp' : ''}>; rel="ice-server"`;
  if (username === undefined) return link;
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
  return `${link}; username=${quoted(username)}; credential=${quoted(password ?? '')}; credential-type="password"`;
}

/** @param header names the right type in a refusal */
function bodyOf(request: FastifyRequest, reply: FastifyReply, type: string, header: string): string {
  const given = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (given === type && typeof request.body === 'string') return request.body;
  reply.header(header, type);
  throw new PortholeError('unsupported_type', { message: `Send this with Content-Type: ${type}.` });
}

/** `…?token=TOKEN/whep/SESSION` */
function sessionBehindToken(request: FastifyRequest): string {
  return /\/whep\/([\w-]+)/.exec(queryValue(request, 'token') ?? '')?.[1] ?? '';
}

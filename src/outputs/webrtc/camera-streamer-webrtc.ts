import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { PortholeError } from '../../domain/errors.ts';
import type { IceServer } from '../../domain/ice.ts';
import type { WebRtcHandle } from '../../http/deps.ts';
import type { WhepSessions } from './whep-sessions.ts';

/** More candidates at once, or longer ones, no browser sends. */
const Candidates = Type.Array(
  Type.Object({ candidate: Type.String({ pattern: String.raw`^(candidate:[^\x00-\x1f\x7f]*)?$`, maxLength: 500 }) }),
  { maxItems: 64 },
);
const Id = Type.String({ maxLength: 100 });

/**
 * What a client of camera-streamer says. Whatever else is in it is left out: the servers for ICE among them, since nobody
 * outside decides where Porthole looks.
 */
const Message = Type.Union([
  Type.Object({ type: Type.Literal('request') }),
  Type.Object({ type: Type.Literal('answer'), id: Id, sdp: Type.String() }),
  Type.Object({ type: Type.Literal('remote_candidate'), id: Id, candidates: Candidates }),
]);
const message = Compile(Message);

/** What {@link answerCameraStreamer} needs. */
export interface CameraStreamerOptions {
  readonly sessions: WhepSessions;
  readonly iceServers: readonly IceServer[];
  /** Opens a session that makes the client an offer. */
  readonly open: () => Promise<WebRtcHandle>;
}

/**
 * True for what camera-streamer's clients post where WHEP has an offer. Mainsail does not say that its first message is
 * JSON, and browsers call that a text.
 */
export function isCameraStreamer({ headers }: FastifyRequest): boolean {
  return /^(application\/json|text\/plain) *(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Answers a client of camera-streamer, which is made an offer, where a client of WHEP makes one: it asks for it
 * (`request`), answers it (`answer`) and tells how it is reached (`remote_candidate`, perhaps before that).
 *
 * @see https://github.com/ayufan/camera-streamer, output/webrtc/webrtc.cc
 */
export async function answerCameraStreamer(
  request: FastifyRequest,
  reply: FastifyReply,
  { sessions, iceServers, open }: CameraStreamerOptions,
): Promise<FastifyReply> {
  const said = messageOf(request.body);
  reply.header('cache-control', 'no-store');
  switch (said.type) {
    case 'request': {
      const { id, answer: sdp } = await open();
      return reply.send({ id, type: 'offer', sdp, iceServers: iceServers.map(forBrowsers) });
    }
    case 'answer':
      sessions.mine(request, said.id).accept(said.sdp);
      return reply.send({});
    case 'remote_candidate': {
      const lines = said.candidates.filter(({ candidate }) => candidate !== '');
      sessions.mine(request, said.id).addCandidates(lines.map(({ candidate }) => `a=${candidate}\r\n`).join(''));
      return reply.send({});
    }
    default:
      return said satisfies never;
  }
}

function messageOf(body: unknown): Static<typeof Message> {
  let said: unknown;
  try {
    said = JSON.parse(String(body));
  } catch {
    // Not even JSON: told below.
  }
  if (message.Check(said)) return said;
  throw new PortholeError('invalid_input', {
    message:
      'Porthole does not understand this. Send an offer as application/sdp (WHEP), or what the WebRTC of camera-streamer says: request, answer or remote_candidate.',
  });
}

/** A server as `RTCPeerConnection` takes it. */
function forBrowsers({ kind, host, port, username, password }: IceServer): object {
  const address = host.includes(':') ? `[${host}]` : host;
  const urls = `${kind}:${address}:${port}${kind === 'turn' ? '?transport=udp' : ''}`;
  return username === undefined ? { urls } : { urls, username, credential: password ?? '' };
}

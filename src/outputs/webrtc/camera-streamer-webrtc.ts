import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { PortholeError } from '../../domain/errors.ts';
import type { IceServer } from '../../domain/media/ice.ts';
import type { WhepSession, WhepSessions } from './whep-sessions.ts';

/** Browsers don't send more candidates at once, or longer ones. */
const Candidates = Type.Array(
  Type.Object({ candidate: Type.String({ pattern: String.raw`^(candidate:[^\x00-\x1f\x7f]*)?$`, maxLength: 500 }) }),
  { maxItems: 64 },
);
const Id = Type.String({ maxLength: 100 });

/**
 * A message of a camera-streamer client. Other fields are ignored. ICE servers are among them: clients must not decide
 * which servers Porthole connects to.
 */
const Message = Type.Union([
  Type.Object({ type: Type.Literal('request') }),
  Type.Object({ type: Type.Literal('answer'), id: Id, sdp: Type.String() }),
  Type.Object({ type: Type.Literal('offer'), sdp: Type.String() }),
  Type.Object({ type: Type.Literal('remote_candidate'), id: Id, candidates: Candidates }),
]);
const message = Compile(Message);

/** Options of {@link answerCameraStreamer}. */
export interface CameraStreamerOptions {
  readonly sessions: WhepSessions;
  readonly iceServers: readonly IceServer[];
  /** Opens a session: with the answer to this offer, or for null with an offer for the client. */
  readonly open: (offer: string | null) => Promise<WhepSession>;
}

/**
 * True for a message of a camera-streamer client, posted to the URL where WHEP has an offer. Mainsail sets no content type
 * for its first message, so browsers send it as text.
 */
export function isCameraStreamer({ headers }: FastifyRequest): boolean {
  return /^(application\/json|text\/plain) *(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Answers a client of camera-streamer. Usually the server makes the offer, while in WHEP the client does: the client asks
 * for it (`request`), answers it (`answer`), and sends its candidates (`remote_candidate`, possibly before the answer).
 * OctoPrint makes the offer (`offer`), with all its candidates, and needs nothing but the answer.
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
      const { id, answer: sdp } = await open(null);
      return reply.send({ id, type: 'offer', sdp, iceServers: iceServers.map(forBrowsers) });
    }
    case 'offer': {
      const { id, answer: sdp } = await open(said.sdp);
      return reply.send({ id, type: 'answer', sdp, iceServers: iceServers.map(forBrowsers) });
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
    // Not JSON: refused below.
  }
  if (message.Check(said)) return said;
  throw new PortholeError('invalid_input', {
    message:
      'Porthole does not understand this. Send an offer as application/sdp (WHEP), or a message of camera-streamer: request, answer, offer or remote_candidate.',
  });
}

/** An ICE server in the format of `RTCPeerConnection`. */
function forBrowsers({ kind, host, port, username, password }: IceServer): object {
  const address = host.includes(':') ? `[${host}]` : host;
  const urls = `${kind}:${address}:${port}${kind === 'turn' ? '?transport=udp' : ''}`;
  return username === undefined ? { urls } : { urls, username, credential: password ?? '' };
}

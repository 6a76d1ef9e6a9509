import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { sendHead } from '../http/send-head.ts';
import type { OpenStreams } from '../accounts/open-streams.ts';
import { principalOf } from '../http/security/policy.ts';
import { ownerOf } from './owner.ts';
import { shownPath } from '../http/shown-url.ts';

/** A request whose connection belongs to a stream from now on, which writes the response to it. */
export interface TakenRequest {
  /** The stream has to close it. */
  readonly socket: Socket;
  readonly httpVersion: '1.0' | '1.1';
  /** The person or address that watches, see {@link ownerOf}. */
  readonly owner: string;
  /** Headers that the kernel has set and that the response must contain. */
  readonly extraHeaders: Readonly<Record<string, string>>;
  /** Logs the end of the stream. */
  readonly onEnd: (summary: object) => void;
}

/** An open stream. */
export interface Stream {
  close(reason?: string): void;
  /** Resolves when the connection is closed and the camera is no longer wanted for it. */
  readonly closed: Promise<void>;
}

/**
 * Gives the connection of a request to an endless stream. The stream ends when the client leaves, when the grant of the
 * request is revoked, or when the server closes. A HEAD request gets the headers that the reply has, and no stream.
 *
 * @returns the stream; null without one, also if the client has left already
 */
export function takeOver(
  streams: OpenStreams,
  request: FastifyRequest,
  reply: FastifyReply,
  serve: (request: TakenRequest) => Stream,
): Stream | null {
  const { socket, httpVersion } = request.raw;
  if (request.method === 'HEAD') {
    void sendHead(reply);
    return null;
  }
  reply.hijack();
  if (socket.destroyed) return null;
  request.server.kernel.turns.takeOver(socket);
  const stream = serve({
    socket,
    httpVersion: httpVersion === '1.0' ? '1.0' : '1.1',
    owner: ownerOf(request),
    extraHeaders: keptHeaders(reply),
    onEnd: (summary) => request.log.debug({ ...summary, path: shownPath(request.url) }, 'stream ended'),
  });
  const release = streams.add({ grant: principalOf(request).grant, end: (reason) => stream.close(reason) });
  void stream.closed.finally(release);
  return stream;
}

function keptHeaders(reply: FastifyReply): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (/^(access-control-|cross-origin-|referrer-policy|vary)/.test(name)) {
      kept[name] = String(value);
    }
  }
  return kept;
}

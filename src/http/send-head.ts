import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * Answers a HEAD request with the headers of the reply. `reply.send()` would add `Content-Length: 0`, which some players
 * take for an empty file.
 */
export function sendHead(reply: FastifyReply): FastifyReply {
  return reply.send(Readable.from([]));
}

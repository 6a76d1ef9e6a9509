import type { FastifyRequest } from 'fastify';
import { PortholeError } from '../domain/errors.ts';
import { isSafe } from './requests.ts';

/**
 * Refuses what another site makes a browser send: every request that changes something and every WebSocket.
 *
 * The request's own host is the `Host` header, or what a trusted proxy forwarded (Fastify's `request.host`). Schemes are
 * not compared: a proxy that ends TLS without being trusted would otherwise lock everybody out.
 *
 * @param publicUrl the address people type, when it is configured
 * @throws {PortholeError} `foreign_origin`
 */
export function refuseForeignOrigin(request: FastifyRequest, publicUrl: string | null): void {
  if (isSafe(request.method) && request.headers.upgrade === undefined) return;
  const { origin } = request.headers;
  if (origin === undefined) {
    if (request.headers['sec-fetch-site'] === 'cross-site') throw new PortholeError('foreign_origin');
    return;
  }
  // "null" stands for a sandboxed frame or a local file: foreign as well.
  const from = URL.parse(origin);
  if (from === null) throw new PortholeError('foreign_origin');
  if (publicUrl !== null && from.origin === new URL(publicUrl).origin) return;
  if (from.host === withoutDefaultPort(from.protocol, request.host)) return;
  throw new PortholeError('foreign_origin');
}

/** `URL` leaves a scheme's own port out of `host`, a `Host` header may name it. */
function withoutDefaultPort(protocol: string, host: string): string {
  return URL.parse(`${protocol}//${host}`)?.host ?? host;
}

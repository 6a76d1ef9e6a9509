import type { FastifyRequest } from 'fastify';
import { isSafe } from '../requests.ts';

/**
 * True if a page of another site makes a browser send this request. Only for requests that change something and WebSockets.
 *
 * The request's own host is the `Host` header, or the one that a trusted proxy forwarded (Fastify's `request.host`). Schemes are
 * not compared: a proxy that ends TLS without being trusted would otherwise lock everybody out.
 *
 * @param publicUrl the address people type, when it is configured
 */
export function isForeign(request: FastifyRequest, publicUrl: string | null): boolean {
  if (isSafe(request.method) && request.headers.upgrade === undefined) return false;
  const { origin } = request.headers;
  if (origin === undefined) return request.headers['sec-fetch-site'] === 'cross-site';
  // "null" stands for a sandboxed frame or a local file: foreign as well.
  const from = URL.parse(origin);
  if (from === null) return true;
  if (publicUrl !== null && from.origin === new URL(publicUrl).origin) return false;
  return from.host !== withoutDefaultPort(from.protocol, request.host);
}

/** `URL` leaves a scheme's own port out of `host`, a `Host` header may name it. */
function withoutDefaultPort(protocol: string, host: string): string {
  return URL.parse(`${protocol}//${host}`)?.host ?? host;
}

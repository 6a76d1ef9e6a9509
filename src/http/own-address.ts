import type { FastifyRequest } from 'fastify';

/**
 * Scheme and host of this server as the browser sees them, such as `https://cam.example.org`: `--public-url`, or what the
 * request names. Behind a proxy that `--trust-proxy` names, that is what the proxy forwards.
 */
export function ownAddress(request: FastifyRequest): string {
  const { publicUrl } = request.server.kernel.config;
  return publicUrl === null ? `${request.protocol}://${request.host}` : new URL(publicUrl).origin;
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../kernel.ts';
import { addVary } from '../requests.ts';
import { media } from './policy.ts';

/** Lets pages of the origins in Settings read this response. Pages of other origins can display it, but not read it. */
export async function allowCrossOrigin(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  // Without CORS a page of another port can show an image in <img> but not read its pixels. People with a cookie are
  // protected further: browsers don't send it with requests of other sites.
  reply.header('cross-origin-resource-policy', request.principal?.kind === 'session' ? 'same-site' : 'cross-origin');
  const { origin } = request.headers;
  if (origin === undefined || !(await isListedOrigin(request))) return false;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', 'X-Timestamp');
  addVary(reply, 'Origin');
  return true;
}

/** True if the request comes from a page whose origin is listed in Settings. */
export async function isListedOrigin({ headers: { origin }, server }: FastifyRequest): Promise<boolean> {
  return origin !== undefined && (await server.kernel.settings.corsOrigins()).includes(origin);
}

/**
 * Answers the preflight request of a page of another origin that wants to send an `Authorization` header, or a
 * `Cache-Control` header, as some clients do.
 */
export function registerPreflight(app: App, path: string): void {
  app.options(path, { ...media('public'), schema: { hide: true } }, async (request, reply) => {
    if (await allowCrossOrigin(request, reply)) {
      reply.header('access-control-allow-methods', 'GET, HEAD');
      reply.header('access-control-allow-headers', 'Authorization, Cache-Control');
      reply.header('access-control-max-age', '600');
    }
    return reply.code(204).send();
  });
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SettingsService } from './deps.ts';

/** Lets pages of the origins in settings read this answer; others may at most show it. */
export async function allowCrossOrigin(
  settings: Pick<SettingsService, 'corsOrigins'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  // A page of another port shows a picture in <img>; what it may not do without CORS is read its pixels. Whoever has a
  // cookie here is protected further: pages of other sites do not get it sent.
  reply.header('cross-origin-resource-policy', request.principal?.kind === 'session' ? 'same-site' : 'cross-origin');
  const { origin } = request.headers;
  if (origin === undefined) return false;
  if (!(await settings.corsOrigins()).includes(origin)) return false;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', 'X-Timestamp');
  reply.header('vary', 'Origin');
  return true;
}

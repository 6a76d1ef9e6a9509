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
  if (origin === undefined || !(await isListedOrigin(settings, request))) return false;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', 'X-Timestamp');
  reply.header('vary', 'Origin');
  return true;
}

/** True for a request of a page whose origin is in settings. */
export async function isListedOrigin(
  settings: Pick<SettingsService, 'corsOrigins'>,
  { headers: { origin } }: FastifyRequest,
): Promise<boolean> {
  return origin !== undefined && (await settings.corsOrigins()).includes(origin);
}

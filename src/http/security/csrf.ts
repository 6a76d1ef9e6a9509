import fastifyCookie from '@fastify/cookie';
import fastifyCsrf from '@fastify/csrf-protection';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isSafe } from '../requests.ts';

/**
 * CSRF tokens: one half in a cookie, the other in the form (`_csrf`) or the header `x-csrf-token`, bound to the session.
 * Every request that changes something needs one, unless it brings an API token or a password, which pages of other sites
 * don't have.
 */
export async function registerCsrf(app: FastifyInstance, secret: string): Promise<void> {
  await app.register(fastifyCookie);
  await app.register(fastifyCsrf, {
    cookieKey: 'porthole_csrf',
    cookieOpts: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto' },
    csrfOpts: { hmacKey: secret, userInfo: true },
    getToken: tokenOf,
    getUserInfo: boundTo,
    logLevel: 'debug',
  } as Parameters<typeof fastifyCsrf>[1]);
  // After the body is read, before its fields are looked at.
  app.addHook('preValidation', (request, reply, done) => {
    const { principal } = request;
    const exempt = principal?.kind === 'token' || principal?.kind === 'password';
    const asksFirst = request.routeOptions.config.asksFirst === true;
    if (isSafe(request.method) || request.is404 || exempt || asksFirst) done();
    else app.csrfProtection(request, reply, done);
  });
}

/** The token for this page's forms; sets its cookie if the browser doesn't have it. */
export function csrfToken(request: FastifyRequest, reply: FastifyReply): string {
  return reply.generateCsrf({ userInfo: boundTo(request) });
}

function tokenOf(request: FastifyRequest): string {
  const header = request.headers['x-csrf-token'];
  if (typeof header === 'string') return header;
  const field = (request.body as { readonly _csrf?: unknown } | null | undefined)?._csrf;
  return typeof field === 'string' ? field : '';
}

/** What a token is bound to: the session, or before sign-in only the browser. */
function boundTo(request: FastifyRequest): string {
  return request.principal?.kind === 'session' ? request.principal.grant : 'anonymous';
}

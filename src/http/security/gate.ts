import type { FastifyReply, FastifyRequest } from 'fastify';
import { PortholeError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/users/user.ts';
import { allowCrossOrigin, isListedOrigin } from './cors.ts';
import type { App } from '../kernel.ts';
import { isForeign } from './origin.ts';
import { type RouteConfig, enforce } from './policy.ts';
import { answersOf, factsOf, isSafe, isUpgrade, queryValue } from '../requests.ts';

const longestUrl = 4096;

/** Every request passes this gate before its body is read and before any route runs. */
export function registerGate(app: App): void {
  const { config: httpConfig, setupGate, allowedHosts } = app.kernel;
  app.decorateRequest('principal', null);
  app.addHook('onRequest', async (request, reply) => {
    const config: Partial<RouteConfig> = request.is404 ? {} : request.routeOptions.config;
    if (request.url.length > longestUrl) throw uriTooLong();
    const foreign = isForeign(request, httpConfig.publicUrl);
    if (foreign) await refuseUnlisted(request, config);
    if (config.open === true) return undefined;
    if (config.policy !== 'setup' && (await setupGate.needsSetup())) return refuseBeforeSetup(request, reply);

    const principal = await authenticate(request, foreign);
    const refusal = principal?.kind === 'public' ? await allowedHosts.refusal(request) : null;
    request.principal = refusal === null ? principal : null;
    if (request.is404) return undefined;
    if (config.policy === undefined) throw new PortholeError('internal');
    try {
      // Signing in works under every name.
      if (refusal !== null && config.policy !== 'public' && config.policy !== 'setup') throw refusal;
      enforce(config.policy, request.principal);
    } catch (error) {
      // A player in another site's page must be able to read that its token is not valid.
      if (answersOf(request) === 'media') await allowCrossOrigin(request, reply);
      return sendToSignIn(error, request, reply);
    }
    if (isUpgrade(request) && request.routeOptions.url !== '/live') throw new PortholeError('not_found');
    return undefined;
  });
}

/**
 * Refuses requests from pages of other sites, except those of a player in a page of an allowed site. The player brings a
 * token, and cookies that the browser may have added don't count.
 *
 * @throws {PortholeError} `foreign_origin`
 */
async function refuseUnlisted(request: FastifyRequest, config: Partial<RouteConfig>): Promise<void> {
  const mayEmbed = config.asksFirst === true || config.embeds === true;
  if (mayEmbed && (await isListedOrigin(request))) return;
  throw new PortholeError('foreign_origin');
}

/**
 * Who makes a request, by its credentials as they are now; null for nobody.
 *
 * @param foreign true for a request from another site's page: then cookies don't count
 */
export function authenticate(request: FastifyRequest, foreign: boolean): Promise<Principal | null> {
  const { authorization } = request.headers;
  const cookie = foreign ? undefined : request.headers.cookie;
  const { queryToken, asksFirst } = request.is404 ? {} : request.routeOptions.config;
  // Addresses get into histories, logs and pages, so a token in one opens only media and frames, and changes nothing but WHEP
  // sessions, whose clients can't send headers. At unknown addresses it decides only the form of the error.
  const mayBringToken =
    queryToken === true
      ? isSafe(request.method) || asksFirst === true
      : request.is404 && answersOf(request) === 'media';
  // Clients append cache busters to the URL, sometimes with a second "?", and Mainsail appends a path.
  const token = mayBringToken ? queryValue(request, 'token')?.split(/[?/]/)[0] : undefined;
  return request.server.kernel.accounts.authenticate(
    { ...(cookie === undefined ? {} : { cookie }), ...(authorization === undefined ? {} : { authorization }) },
    token,
    factsOf(request),
  );
}

/** Only the link from the terminal leads to set-up. Everybody else learns where to find it. */
function refuseBeforeSetup(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const code = queryValue(request, 'code');
  if (code !== undefined && isSafe(request.method) && answersOf(request) === 'page') {
    return reply.redirect(`/setup?code=${encodeURIComponent(code)}`, 303);
  }
  throw new PortholeError('not_set_up');
}

/** A page that needs a sign-in redirects to it, which leads back; all other requests get the error. */
function sendToSignIn(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const signInHelps = error instanceof PortholeError && error.code === 'not_signed_in';
  const isFrame = request.routeOptions.config.frames === 'embed';
  if (!signInHelps || isFrame || answersOf(request) !== 'page') throw error;
  // A form cannot be sent again after sign-in, so it leads to the front page.
  const next = isSafe(request.method) ? request.url : '/';
  return reply.redirect(next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`, 303);
}

function uriTooLong(): Error {
  return Object.assign(new Error('URI too long'), { statusCode: 414 });
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { PortholeError } from '../../domain/errors.ts';
import type { Flash } from '../../pages/models.ts';
import { wantsJson } from '../requests.ts';

/** Answers a form that succeeded: redirects to a page with a message, or sends JSON to clients that asked for it. */
export function finishForm(
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: { readonly to: string; readonly json: unknown; readonly flash?: Flash; readonly status?: number },
): FastifyReply {
  if (wantsJson(request)) return reply.code(outcome.status ?? 200).send(outcome.json);
  if (outcome.flash !== undefined) request.server.kernel.flashes.put(reply, outcome.flash);
  return reply.redirect(outcome.to, 303);
}

/**
 * Runs the action of a form. Returns a {@link PortholeError} instead of throwing it, so that the page can show it next to
 * the field. It is thrown for clients that asked for JSON, and so is every other error.
 */
export async function attempt<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T | PortholeError> {
  try {
    return await work();
  } catch (error) {
    if (wantsJson(request) || !(error instanceof PortholeError)) throw error;
    return error;
  }
}

/** Adds Set-Cookie values from accounts. Over HTTPS they are always `Secure`. */
export function addCookies(request: FastifyRequest, reply: FastifyReply, cookies: readonly string[]): void {
  for (const cookie of cookies) {
    const secure = request.protocol === 'https' && !/;\s*secure\b/i.test(cookie);
    reply.header('set-cookie', secure ? `${cookie}; Secure` : cookie);
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { PortholeError, type Problem } from '../domain/errors.ts';
import { spoken } from '../text/spoken.ts';
import { answerFor, challengeFor, retryAfter } from './errors.ts';
import { embedProblem } from '../text/embed-words.ts';
import type { App } from './kernel.ts';
import { languageFacts, languageOf } from './preferences/language.ts';
import { addVary, answersOf, queryValue, wantsJson } from './requests.ts';
import { bareShell, sendFrame, sendPage, shellFor } from './shell.ts';
import { shownPath } from './shown-url.ts';

/** Errors become responses here, and only here. */
export function registerErrors(app: App): void {
  app.setErrorHandler((thrown, request, reply) => sendError(thrown, request, reply));
  app.setNotFoundHandler((request, reply) => sendError(new PortholeError('not_found'), request, reply));
}

/** Sends an error: a page for browsers, JSON for programs, a short text for media. */
export function sendError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  atLeast?: number,
): FastifyReply {
  const answer = answerFor(thrown);
  const status = atLeast !== undefined && answer.status >= 500 ? atLeast : answer.status;
  const language = languageOf(request);
  const problem = spoken(shown(answer.error, status), language);
  if (reply.raw.destroyed) return reply;
  if (status >= 500) {
    const { code, message, detail } = answer.error;
    const facts = { code, detail, path: shownPath(request.url) };
    // Only unexpected errors need a stack trace.
    if (code === 'internal') request.log.error({ ...facts, err: thrown }, 'request failed');
    else request.log.warn(facts, message);
  }
  reply.code(status).headers({ 'cache-control': 'no-store', 'content-language': language });
  addVary(reply, languageFacts);
  tellRetryAfter(reply, answer.error, status);
  if (status === 401) reply.header('www-authenticate', challengeFor(request));
  switch (answersOf(request)) {
    case 'api':
      return reply.type('application/json; charset=utf-8').send(JSON.stringify({ error: problem }));
    case 'media':
      if (wantsJson(request)) {
        return reply.type('application/json; charset=utf-8').send(JSON.stringify({ error: problem }));
      }
      return reply.type('text/plain; charset=utf-8').send(`${problem.message}\n`);
    case 'page': {
      // Pages need no challenge: it would put the browser's own dialog over them.
      reply.removeHeader('www-authenticate');
      if (request.routeOptions.config.frames === 'embed') return sendFrameProblem(request, reply, problem, status);
      const shell = shellFor(request, reply);
      return sendPage(reply, request.server.kernel.pages.problem({ ...shell, status, problem }), status);
    }
  }
}

/** A frame in another site's page shows the error without links to sign-in, which works in no such frame. */
function sendFrameProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
  status: number,
): FastifyReply {
  const words = embedProblem(problem, queryValue(request, 'token') !== undefined, languageOf(request));
  const model = { ...bareShell(request), camera: null, token: null, width: 'source', problem: words } as const;
  return sendFrame(reply, request.server.kernel.pages.embed(model), status);
}

/** Tells the client when to try again, if that helps. */
export function tellRetryAfter(reply: FastifyReply, error: PortholeError, status: number): void {
  const wait = error.retryAfter ?? retryAfter(status);
  if (wait !== undefined) reply.header('retry-after', String(wait));
}

/** The problem as clients may see it: unexpected errors reveal nothing. */
function shown(error: PortholeError, status: number): Problem {
  if (error.code === 'internal' && status >= 500) return new PortholeError('internal').toJSON();
  return error.toJSON();
}

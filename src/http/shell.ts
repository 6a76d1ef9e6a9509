import type { FastifyReply, FastifyRequest } from 'fastify';
import { maySee } from '../domain/user.ts';
import type { Shell } from '../pages/models.ts';
import { languageFacts, languageOf } from './language.ts';
import { csrfToken } from './security/csrf.ts';
import { preferencesOf, savesData } from './preferences.ts';
import { addVary, backFrom, isSafe, localPath } from './requests.ts';
import { timeSettings } from './viewer-times.ts';

/** The part of a page's model that every page shares. */
export function shellFor(request: FastifyRequest, reply: FastifyReply): Shell {
  const { kernel } = request.server;
  const { principal } = request;
  const user = principal?.user ?? null;
  const preferences = preferencesOf(request);
  return {
    language: languageOf(request),
    user: user === null ? null : { username: user.username, role: user.role },
    csrf: csrfToken(request, reply),
    cameras: principal === null ? [] : kernel.cameras.list().filter(({ id }) => maySee(principal, id)),
    flash: kernel.flashes.take(request, reply),
    // A page that answers a form may have no address of its own.
    path: isSafe(request.method) ? (localPath(request.url) ?? '/') : backFrom(request, '/'),
    assets: kernel.assets[languageOf(request)],
    version: kernel.config.version,
    access: kernel.config.access,
    preferences,
    savesData: savesData(request, preferences),
    times: timeSettings(request, languageOf(request)),
  };
}

/** Sends a page, in the language of its shell. Pages contain personal state and tokens, so they are never cached. */
export function sendPage(reply: FastifyReply, html: string, status = 200): FastifyReply {
  addVary(reply, languageFacts);
  return (
    reply
      .code(status)
      .header('cache-control', 'no-store')
      .header('content-language', languageOf(reply.request))
      // `no-referrer` would make browsers send `Origin: null` with our own forms.
      .header('referrer-policy', 'same-origin')
      .type('text/html; charset=utf-8')
      .send(html)
  );
}

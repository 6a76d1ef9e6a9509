import type { FastifyReply, FastifyRequest } from 'fastify';
import { maySee } from '../domain/user.ts';
import type { Shell } from '../pages/models.ts';
import { csrfToken } from './security/csrf.ts';
import { preferencesOf, savesData } from './preferences.ts';
import { backFrom, isSafe, localPath } from './requests.ts';
import { timeSettings } from './viewer-times.ts';

/** The part of a page's model that every page shares. */
export function shellFor(request: FastifyRequest, reply: FastifyReply): Shell {
  const { kernel } = request.server;
  const { principal } = request;
  const user = principal?.user ?? null;
  const preferences = preferencesOf(request);
  return {
    user: user === null ? null : { username: user.username, role: user.role },
    csrf: csrfToken(request, reply),
    cameras: principal === null ? [] : kernel.cameras.list().filter(({ id }) => maySee(principal, id)),
    flash: kernel.flashes.take(request, reply),
    // A page that answers a form may have no address of its own.
    path: isSafe(request.method) ? (localPath(request.url) ?? '/') : backFrom(request, '/'),
    assets: kernel.assets,
    version: kernel.config.version,
    access: kernel.config.access,
    preferences,
    savesData: savesData(request, preferences),
    times: timeSettings(request, 'en'),
  };
}

/** Sends a page. Pages contain personal state and tokens, so they are never cached. */
export function sendPage(reply: FastifyReply, html: string, status = 200): FastifyReply {
  return (
    reply
      .code(status)
      .header('cache-control', 'no-store')
      // `no-referrer` would make browsers send `Origin: null` with our own forms.
      .header('referrer-policy', 'same-origin')
      .type('text/html; charset=utf-8')
      .send(html)
  );
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CameraInfo } from '../domain/cameras/camera.ts';
import { inGridOrder } from '../domain/users/grid-settings.ts';
import { maySee, type Principal } from '../domain/users/user.ts';
import { spoken } from '../text/spoken.ts';
import type { Shell } from '../pages/models.ts';
import { sendHtml } from './forms/post-answers.ts';
import { languageOf } from './preferences/language.ts';
import { csrfToken } from './security/csrf.ts';
import { preferencesOf, savesData } from './preferences/browser-preferences.ts';
import { backFrom, isSafe, localPath } from './requests.ts';
import { timeSettings } from './preferences/viewer-times.ts';

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
    cameras: principal === null ? [] : shownCameras(request, principal),
    flash: spoken(kernel.flashes.take(request, reply), languageOf(request)),
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

/** The cameras that a client may see, in the client's order. */
export function shownCameras(request: FastifyRequest, principal: Principal): readonly CameraInfo[] {
  const { cameras, cameraOrder } = request.server.kernel;
  return inGridOrder(
    cameras.list().filter(({ id }) => maySee(principal, id)),
    cameraOrder(request),
  );
}

/** The shell of a page without anything personal, which also takes no message from the next page. */
export function bareShell(request: FastifyRequest): Shell {
  const { assets, config } = request.server.kernel;
  const { version, access } = config;
  const language = languageOf(request);
  const preferences = preferencesOf(request);
  return {
    language,
    user: null,
    csrf: '',
    cameras: [],
    flash: null,
    path: '/',
    assets: assets[language],
    version,
    access,
    preferences,
    savesData: savesData(request, preferences),
    times: timeSettings(request, language),
  };
}

/** Sends a page for frames of other sites. It sends no `Referer`, since its address contains a token. */
export function sendFrame(reply: FastifyReply, html: string, status: number): FastifyReply {
  return sendHtml(reply, html, status, 'no-referrer');
}

/**
 * Sends a page, in the language of its shell. To a form, it is the answer: see {@link PostAnswers}.
 *
 * @param formPage the page of the form, for browsers that don't send a `Referer`
 */
export function sendPage(reply: FastifyReply, html: string, status = 200, formPage?: string): FastifyReply {
  const { postAnswers } = reply.server.kernel;
  return postAnswers.redirect(reply, html, status, formPage) ? reply : sendHtml(reply, html, status);
}

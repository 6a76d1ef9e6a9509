import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CameraInfo } from '../domain/camera.ts';
import { PortholeError } from '../domain/errors.ts';
import { type Principal, maySee } from '../domain/user.ts';
import { type Watching, paused } from '../domain/watching.ts';
import type { Flash, Shell } from '../pages/models.ts';
import { csrfToken } from './csrf.ts';
import type { HttpDeps } from './deps.ts';
import type { Flashes } from './flash.ts';
import { principalOf } from './policy.ts';
import { localPath, wantsJson } from './requests.ts';
import type { SetupGate } from './setup-gate.ts';
import type { Streams } from '../accounts/open-streams.ts';

/** What the routes of every area share. */
export interface Context extends HttpDeps {
  readonly flashes: Flashes;
  readonly streams: Streams;
  readonly setupGate: SetupGate;
}

/** The cameras that the principal may see, in their order. */
export function visibleCameras(context: Pick<Context, 'cameras'>, principal: Principal | null): readonly CameraInfo[] {
  if (principal === null) return [];
  return context.cameras.list().filter((camera) => maySee(principal, camera.id));
}

/**
 * A camera by its id.
 *
 * @throws {PortholeError} `camera_not_found`, also for one that the asker may not see.
 */
export function cameraOf(context: Pick<Context, 'cameras'>, request: FastifyRequest, id: string): CameraInfo {
  if (!maySee(principalOf(request), id)) throw new PortholeError('camera_not_found');
  return context.cameras.get(id);
}

/** The camera that a form or a query names; the first one that the asker may see when it names none. */
export function chosenCamera(
  context: Pick<Context, 'cameras'>,
  request: FastifyRequest,
  id: string | undefined,
): CameraInfo {
  if (id !== undefined && id !== '') return cameraOf(context, request, id);
  const first = visibleCameras(context, principalOf(request))[0];
  if (first === undefined) throw new PortholeError('camera_not_found');
  return first;
}

/** What this Session does with a camera; paused for requests without one. */
export async function watchingOf(context: Context, principal: Principal, cameraId: string): Promise<Watching> {
  return principal.sessionId === null ? paused : context.liveView.watching(principal.sessionId, cameraId);
}

/** What every page shows around its own content. */
export function shellFor(context: Context, request: FastifyRequest, reply: FastifyReply): Shell {
  const { principal } = request;
  const user = principal?.user ?? null;
  return {
    user: user === null ? null : { username: user.username, role: user.role },
    csrf: csrfToken(request, reply),
    cameras: visibleCameras(context, principal),
    flash: context.flashes.take(request, reply),
    path: localPath(request.url) ?? '/',
    assets: context.assets,
    version: context.config.version,
    access: context.config.access,
  };
}

/** Sends a page. Pages hold a person's state and tokens, so nothing keeps them. */
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

/** Answers a form that worked: JSON for those who asked for it, else back to a page with a message. */
export function finishForm(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: { readonly to: string; readonly json: unknown; readonly flash?: Flash; readonly status?: number },
): FastifyReply {
  if (wantsJson(request)) return reply.code(outcome.status ?? 200).send(outcome.json);
  if (outcome.flash !== undefined) context.flashes.put(reply, outcome.flash);
  return reply.redirect(outcome.to, 303);
}

/** Adds Set-Cookie values made by accounts; under HTTPS they are always `Secure`. */
export function addCookies(request: FastifyRequest, reply: FastifyReply, cookies: readonly string[]): void {
  for (const cookie of cookies) {
    const secure = request.protocol === 'https' && !/;\s*secure\b/i.test(cookie);
    reply.header('set-cookie', secure ? `${cookie}; Secure` : cookie);
  }
}

/**
 * Does what a form asks. A refusal comes back as the error, for the page to show beside the field; programs that asked
 * for JSON get it thrown, like everything that is no {@link PortholeError}.
 */
export async function attempt<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T | PortholeError> {
  try {
    return await work();
  } catch (error) {
    if (wantsJson(request) || !(error instanceof PortholeError)) throw error;
    return error;
  }
}

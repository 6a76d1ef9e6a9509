import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Accounts } from '../../accounts/accounts.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/users/user.ts';
import { addCookies, attempt, finishForm } from '../../http/forms/form-answers.ts';
import type { App } from '../../http/kernel.ts';
import { page, principalOf } from '../../http/security/policy.ts';
import { backFrom } from '../../http/requests.ts';
import { CameraParams, cameraOf, chosenCamera } from '../camera-request.ts';
import type { Cameras } from '../cameras.ts';
import { parseWidth } from '../width-input.ts';
import type { LiveView } from './live-view.ts';
import { sentence } from '../../messages/sentence.ts';

/** Start, Stop and size. JSON may have the width as a number. */
const WatchForm = Type.Object({
  camera: Type.Optional(Type.String({ maxLength: 60 })),
  width: Type.Optional(Type.Union([Type.String({ maxLength: 20 }), Type.Number()])),
});

/** Services of watching. */
export interface WatchingServices {
  readonly cameras: Cameras;
  readonly liveView: LiveView;
  readonly accounts: Pick<Accounts, 'newVisitor'>;
}

/** Start, Stop, size and Retry: the forms of the live page. */
export function registerWatchingForms(app: App, { cameras, liveView, accounts }: WatchingServices): void {
  const options = { ...page('viewer'), schema: { body: WatchForm } };
  app.post('/stream/start', options, async (request, reply) => {
    const camera = chosenCamera(cameras, request, request.body.camera);
    const width = parseWidth(request.body.width);
    const principal = watcher(accounts, request, reply);
    const to = home(request, camera.id);
    const watching = await attempt(request, () => liveView.start(principal, camera.id, width));
    if (!(watching instanceof PortholeError)) return finishForm(request, reply, { to, json: watching });
    const { message, sentence: said, detail } = watching;
    const flash = {
      kind: 'error',
      text: said ?? message,
      ...(detail === undefined ? {} : { details: detail }),
    } as const;
    return finishForm(request, reply, { to, json: null, flash });
  });
  app.post('/stream/stop', options, async (request, reply) => {
    const camera = chosenCamera(cameras, request, request.body.camera);
    const watching = await liveView.stop(watcher(accounts, request, reply), camera.id);
    return finishForm(request, reply, { to: home(request, camera.id), json: watching });
  });
  app.post('/stream/size', options, async (request, reply) => {
    const camera = chosenCamera(cameras, request, request.body.camera);
    const width = parseWidth(request.body.width);
    if (width === undefined)
      throw new PortholeError('invalid_input', { field: 'width', message: sentence('camera_size') });
    const watching = await liveView.resize(watcher(accounts, request, reply), camera.id, width);
    return finishForm(request, reply, { to: home(request, camera.id), json: watching });
  });
  app.post('/cameras/:id/retry', { ...page('viewer'), schema: { params: CameraParams } }, (request, reply) => {
    const camera = cameraOf(cameras, request, request.params.id);
    cameras.askToRetry(camera.id);
    return finishForm(request, reply, { to: home(request, camera.id), json: camera });
  });
}

/** The page that a form of the live page returns to. */
function home(request: FastifyRequest, cameraId: string): string {
  return backFrom(request, `/?camera=${encodeURIComponent(cameraId)}`);
}

/** The watching principal. A visitor of public access gets an id for their watching state, as a cookie, when they first need one. */
export function watcher(
  accounts: Pick<Accounts, 'newVisitor'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Principal {
  const principal = principalOf(request);
  if (principal.sessionId !== null || principal.kind !== 'public') return principal;
  const visitor = accounts.newVisitor();
  addCookies(request, reply, visitor.setCookies);
  return { ...principal, sessionId: visitor.sessionId };
}

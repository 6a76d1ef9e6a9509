import type { FastifyReply, FastifyRequest } from 'fastify';
import { PortholeError, asPortholeError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/user.ts';
import type { App } from '../../http/app-type.ts';
import { type Context, addCookies, attempt, cameraOf, chosenCamera, finishForm } from '../../http/context.ts';
import { WatchForm } from '../../http/forms.ts';
import { parseWidth } from '../../outputs/media-input.ts';
import { page, principalOf } from '../../http/policy.ts';
import { backFrom, requestSignal } from '../../http/requests.ts';
import { sendError } from '../../http/respond.ts';
import { CameraParams } from '../../http/schemas.ts';

/** How long Capture waits for a picture of a camera that has to be opened first. */
const captureTimeoutMs = 15_000;

/** Start, Stop, size, Capture and Try again: the forms of the live page. */
export function registerStreamForms(app: App, context: Context): void {
  const { liveView, photos } = context;
  const options = (
    policy: 'viewer' | 'operator',
  ): ReturnType<typeof page> & { schema: { body: typeof WatchForm } } => ({
    ...page(policy),
    schema: { body: WatchForm },
  });

  app.post('/stream/start', options('viewer'), async (request, reply) => {
    const camera = chosenCamera(context, request, request.body.camera);
    const width = parseWidth(request.body.width);
    const principal = watcher(context, request, reply);
    const to = home(request, camera.id);
    const watching = await attempt(request, () => liveView.start(principal, camera.id, width));
    if (!(watching instanceof PortholeError)) return finishForm(context, request, reply, { to, json: watching });
    const { message, detail } = watching;
    const flash = { kind: 'error', text: message, ...(detail === undefined ? {} : { details: detail }) } as const;
    return finishForm(context, request, reply, { to, json: null, flash });
  });
  app.post('/stream/stop', options('viewer'), async (request, reply) => {
    const camera = chosenCamera(context, request, request.body.camera);
    const watching = await liveView.stop(watcher(context, request, reply), camera.id);
    return finishForm(context, request, reply, { to: home(request, camera.id), json: watching });
  });
  app.post('/stream/size', options('viewer'), async (request, reply) => {
    const camera = chosenCamera(context, request, request.body.camera);
    const width = parseWidth(request.body.width);
    if (width === undefined) throw new PortholeError('invalid_input', { field: 'width', message: 'Choose a size.' });
    const watching = await liveView.resize(watcher(context, request, reply), camera.id, width);
    return finishForm(context, request, reply, { to: home(request, camera.id), json: watching });
  });
  app.post('/capture', options('operator'), async (request, reply) => {
    const camera = chosenCamera(context, request, request.body.camera);
    const signal = requestSignal(reply, captureTimeoutMs);
    const photo = await photos
      .capture(camera.id, camera.name, principalOf(request), { signal })
      .catch((error: unknown) => asPortholeError(error));
    if (photo instanceof PortholeError) return sendError(context, photo, request, reply, 500);
    const flash = { kind: 'done', text: 'Photo taken.' } as const;
    return finishForm(context, request, reply, { to: home(request, camera.id), json: photo, flash, status: 201 });
  });
  app.post('/cameras/:id/retry', { ...page('viewer'), schema: { params: CameraParams } }, (request, reply) => {
    const camera = cameraOf(context, request, request.params.id);
    context.cameras.retryNow(camera.id);
    return finishForm(context, request, reply, { to: home(request, camera.id), json: camera });
  });
}

/** The page a form of the live page returns to. */
function home(request: FastifyRequest, cameraId: string): string {
  return backFrom(request, `/?camera=${encodeURIComponent(cameraId)}`);
}

/** Who watches. A visitor of public access gets a name for their watching state with their first Start. */
function watcher(context: Context, request: FastifyRequest, reply: FastifyReply): Principal {
  const principal = principalOf(request);
  if (principal.sessionId !== null || principal.kind !== 'public') return principal;
  const visitor = context.accounts.newVisitor();
  addCookies(request, reply, visitor.setCookies);
  return { ...principal, sessionId: visitor.sessionId };
}

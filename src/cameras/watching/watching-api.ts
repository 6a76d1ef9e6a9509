import { Type } from 'typebox';
import type { App } from '../../http/kernel.ts';
import { api, principalOf } from '../../http/security/policy.ts';
import { replies } from '../../http/schemas.ts';
import { CameraParams, cameraOf } from '../camera-request.ts';
import { parseWidth } from '../width-input.ts';
import { watcher, type WatchingServices } from './watching-forms.ts';

const tags = ['cameras'];
const Width = Type.Union([Type.Integer(), Type.Literal('source')], { description: 'Pixels, or "source"' });
/** The watching state of a browser session for one camera. */
export const WatchingSchema = Type.Object(
  {
    streaming: Type.Boolean({ description: 'True after Start, false after Stop' }),
    width: Width,
  },
  { title: 'Watching' },
);
const WatchingChange = Type.Partial(WatchingSchema, { title: 'WatchingChange' });

/** The API of Start, Stop and size. The state belongs to the browser session. */
export function registerWatchingApi(app: App, { cameras, liveView, accounts }: WatchingServices): void {
  app.get(
    '/api/cameras/:id/watching',
    {
      ...api('viewer'),
      schema: {
        tags,
        operationId: 'getWatching',
        summary: 'Get what your browser session watches',
        params: CameraParams,
        response: replies({ 200: WatchingSchema }),
      },
    },
    async (request, reply) => {
      const { id } = cameraOf(cameras, request, request.params.id);
      return reply.send(await liveView.of(principalOf(request), id));
    },
  );
  app.patch(
    '/api/cameras/:id/watching',
    {
      ...api('viewer'),
      schema: {
        tags,
        operationId: 'updateWatching',
        summary: 'Start, stop or resize the video of your browser session',
        params: CameraParams,
        body: WatchingChange,
        response: replies({ 200: WatchingSchema }),
      },
    },
    async (request, reply) => {
      const { id } = cameraOf(cameras, request, request.params.id);
      const { streaming } = request.body;
      const width = parseWidth(request.body.width);
      const principal = watcher(accounts, request, reply);
      if (streaming === true) return reply.send(await liveView.start(principal, id, width));
      if (streaming === false) await liveView.stop(principal, id);
      if (width !== undefined) await liveView.resize(principal, id, width);
      return reply.send(await liveView.of(principal, id));
    },
  );
}

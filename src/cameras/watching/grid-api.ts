import { Type } from 'typebox';
import { gridLayouts } from '../../domain/users/grid-settings.ts';
import type { App } from '../../http/kernel.ts';
import { replies } from '../../http/schemas.ts';
import { api, principalOf } from '../../http/security/policy.ts';
import { visibleCameras } from '../camera-request.ts';
import type { Grids } from './grids.ts';
import { WatchingSchema } from './watching-api.ts';
import { watcher, type WatchingServices } from './watching-forms.ts';

const tags = ['cameras'];
const CameraId = Type.String({ maxLength: 60 });
const Order = Type.Array(CameraId, {
  maxItems: 500,
  description: 'Ids of cameras; those that are missing follow in the order of Settings',
});
const GridSchema = Type.Object(
  {
    layout: Type.Union(
      gridLayouts.map((layout) => Type.Literal(layout)),
      { description: 'As the window suggests, columns, or the first camera large' },
    ),
    order: Order,
    autoStart: Type.Boolean({ description: 'True to start cameras when their page opens' }),
  },
  { title: 'Grid' },
);
const GridChange = Type.Partial(GridSchema, { title: 'GridChange' });
const AllChange = Type.Object(
  {
    streaming: Type.Boolean({ description: 'True to start, false to stop' }),
    cameras: Type.Optional(Type.Array(CameraId, { maxItems: 500, description: 'Ids of cameras; by default all' })),
  },
  { title: 'AllWatchingChange' },
);
const AllWatching = Type.Array(
  Type.Object({ camera: Type.String({ description: "The camera's id" }), watching: WatchingSchema }),
);

/** The API of the grid: its settings, and Start and Stop of several cameras. */
export function registerGridApi(app: App, services: WatchingServices & { readonly grids: Grids }): void {
  const { cameras, liveView, accounts, grids } = services;
  const response = replies({ 200: GridSchema });
  app.get(
    '/api/grid',
    {
      ...api('viewer'),
      schema: { tags, operationId: 'getGrid', summary: 'Get your layout of the page with all cameras', response },
    },
    (request, reply) => reply.send(grids.of(request)),
  );
  app.patch(
    '/api/grid',
    {
      ...api('viewer'),
      schema: {
        tags,
        operationId: 'updateGrid',
        summary: 'Change your layout of the page with all cameras',
        body: GridChange,
        response,
      },
    },
    async (request, reply) => reply.send(await grids.change(request, reply, request.body)),
  );
  app.patch(
    '/api/watching',
    {
      ...api('viewer'),
      schema: {
        tags,
        operationId: 'updateAllWatching',
        summary: 'Start or stop several cameras in your browser session',
        body: AllChange,
        response: replies({ 200: AllWatching }),
      },
    },
    async (request, reply) => {
      const { streaming, cameras: chosen } = request.body;
      const visible = visibleCameras(cameras, principalOf(request));
      const some = chosen === undefined ? visible : visible.filter(({ id }) => chosen.includes(id));
      return reply.send(await liveView.setAll(watcher(accounts, request, reply), some, streaming));
    },
  );
}

import { Type } from 'typebox';
import { inGridOrder, isGridLayout, movedUp } from '../../domain/users/grid-settings.ts';
import { finishForm } from '../../http/forms/form-answers.ts';
import type { App } from '../../http/kernel.ts';
import { backFrom } from '../../http/requests.ts';
import { page, principalOf } from '../../http/security/policy.ts';
import { visibleCameras } from '../camera-request.ts';
import type { Grids } from './grids.ts';
import { watcher, type WatchingServices } from './watching-forms.ts';

const AllForm = Type.Object({ streaming: Type.Union([Type.Literal('1'), Type.Literal('0')]) });
const GridForm = Type.Object({
  layout: Type.Optional(Type.String({ maxLength: 20 })),
  /** The id of a camera to move one place forward. */
  up: Type.Optional(Type.String({ maxLength: 60 })),
});

/** The forms of the grid, which work without scripts. */
export function registerGridForms(app: App, services: WatchingServices & { readonly grids: Grids }): void {
  const { cameras, liveView, accounts, grids } = services;
  app.post('/stream/all', { ...page('viewer'), schema: { body: AllForm } }, async (request, reply) => {
    const principal = watcher(accounts, request, reply);
    const all = visibleCameras(cameras, principal);
    const json = await liveView.setAll(principal, all, request.body.streaming === '1');
    return finishForm(request, reply, { to: backFrom(request, '/?view=grid'), json });
  });
  app.post('/grid', { ...page('viewer'), schema: { body: GridForm } }, async (request, reply) => {
    const { layout, up } = request.body;
    const before = grids.of(request);
    const shown = inGridOrder(visibleCameras(cameras, principalOf(request)), before.order).map(({ id }) => id);
    const json = await grids.change(request, reply, {
      ...(isGridLayout(layout) ? { layout } : {}),
      ...(up === undefined ? {} : { order: movedUp(shown, up) }),
    });
    return finishForm(request, reply, { to: backFrom(request, '/?view=grid'), json });
  });
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import { traitsOf } from '../domain/source-kinds.ts';
import { parseSource } from '../domain/source.ts';
import { answerFor } from '../http/errors.ts';
import { attempt, finishForm } from '../http/form-answers.ts';
import { Field, IdsForm, idsOf } from '../http/forms.ts';
import type { App } from '../http/kernel.ts';
import { page } from '../http/security/policy.ts';
import { backFrom, queryValue, wantsJson } from '../http/requests.ts';
import { sendPage, shellFor } from '../http/shell.ts';
import type { TestResult } from '../domain/source-test.ts';
import { CameraParams } from './camera-request.ts';
import type { Cameras } from './cameras.ts';
import type { UnreadableRows } from '../store/unreadable-rows.ts';
import { testSource } from './test-source.ts';

/** A camera with the device mode chosen for its source. Only the form of a device has `photos`. */
const CameraForm = Type.Object({
  photos: Type.Optional(Type.Union([Field, Type.Array(Field)])),
  name: Type.String({ maxLength: 200 }),
  source: Field,
  width: Type.Optional(Field),
  height: Type.Optional(Field),
  fps: Type.Optional(Field),
  format: Type.Optional(Field),
});
/** A source to test while a camera is added or changed. */
const CameraTestForm = Type.Object({
  ...CameraForm.properties,
  name: Type.Optional(Type.String({ maxLength: 200 })),
  camera: Type.Optional(Type.String({ maxLength: 60 })),
});
/** The values entered before the address was shown. */
const ShowAddressForm = Type.Object({ name: Type.Optional(Type.String({ maxLength: 200 })) });
/** The privacy switch. */
const PowerForm = Type.Object({ on: Type.Union([Type.Literal('1'), Type.Literal('0')]) });

/** The pages and forms of Settings on which admins add, change and remove cameras. */
export function registerCameraForms(app: App, cameras: Cameras, unreadable: UnreadableRows): void {
  const { pages, settings } = app.kernel;
  const showForm = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: { id?: string; name?: string; source?: string; test?: TestResult; error?: PortholeError },
  ): Promise<FastifyReply> => {
    const camera = form.id === undefined ? null : await cameras.details(form.id);
    const model = {
      ...shellFor(request, reply),
      camera,
      values: { name: form.name ?? camera?.name ?? '', source: form.source ?? camera?.source ?? '' },
      devices: await cameras.devices(),
      test: form.test ?? null,
      error: form.error?.toJSON() ?? null,
    };
    return sendPage(reply, pages.cameraForm(model), form.error === undefined ? 200 : answerFor(form.error).status);
  };
  const done = (request: FastifyRequest, reply: FastifyReply, text: string, json: unknown): FastifyReply => {
    const to = backFrom(request, '/settings');
    return finishForm(request, reply, { to, json, flash: { kind: 'done', text } });
  };

  app.get('/settings', page('admin'), async (request, reply) => {
    const [details, devices] = await Promise.all([
      Promise.all(cameras.list().map((camera) => cameras.details(camera.id))),
      cameras.devices(),
    ]);
    const posters = details.map(({ id }) => id).filter((id) => cameras.poster(id) !== null);
    const [origins, hosts] = await Promise.all([settings.corsOrigins(), settings.hostNames()]);
    const model = { details, devices, posters, origins, hosts, unreadable: unreadable.list };
    return sendPage(reply, pages.settingsCameras({ ...shellFor(request, reply), ...model }));
  });
  app.get('/settings/cameras/new', page('admin'), (request, reply) => {
    const source = queryValue(request, 'source');
    return showForm(request, reply, source === undefined ? {} : { source });
  });
  app.get('/settings/cameras/:id', { ...page('admin'), schema: { params: CameraParams } }, (request, reply) =>
    showForm(request, reply, { id: request.params.id }),
  );
  app.post('/settings/cameras', { ...page('admin'), schema: { body: CameraForm } }, async (request, reply) => {
    const { name } = request.body;
    const camera = await attempt(request, async () => cameras.add({ name, source: sourceOf(request.body) }));
    if (camera instanceof PortholeError) return showForm(request, reply, { ...request.body, error: camera });
    const flash = { kind: 'done', text: `Camera “${camera.name}” is added.` } as const;
    return finishForm(request, reply, { to: '/settings', json: camera, flash, status: 201 });
  });
  app.post('/settings/cameras/test', { ...page('admin'), schema: { body: CameraTestForm } }, async (request, reply) => {
    const { camera: id, name = '', source } = request.body;
    const test = await testSource(cameras, reply, sourceOf(request.body), id).catch((error: unknown) => {
      if (!(error instanceof PortholeError)) throw error;
      return { ok: false, problem: error.toJSON() } as const;
    });
    if (wantsJson(request)) return reply.send(test);
    return showForm(request, reply, { ...(id === undefined || id === '' ? {} : { id }), name, source, test });
  });
  app.post('/settings/cameras/order', { ...page('admin'), schema: { body: IdsForm } }, async (request, reply) => {
    await cameras.reorder(idsOf(request.body));
    return done(request, reply, 'The cameras are in their new order.', cameras.list());
  });
  app.post(
    '/settings/cameras/:id',
    { ...page('admin'), schema: { params: CameraParams, body: CameraForm } },
    async (request, reply) => {
      const { id } = request.params;
      const { name, photos } = request.body;
      // An unticked checkbox sends nothing, so a hidden field tells that the form had it.
      const change = photos === undefined ? {} : { bestPhotos: [photos].flat().includes('best') };
      const camera = await attempt(request, async () =>
        cameras.update(id, { name, source: sourceOf(request.body), ...change }),
      );
      if (camera instanceof PortholeError) {
        if (camera.code === 'camera_not_found') throw camera;
        return showForm(request, reply, { ...request.body, id, error: camera });
      }
      const flash = { kind: 'done', text: `Camera “${camera.name}” is saved.` } as const;
      return finishForm(request, reply, { to: '/settings', json: camera, flash });
    },
  );
  app.post(
    '/settings/cameras/:id/address',
    { ...page('admin'), schema: { params: CameraParams, body: ShowAddressForm } },
    (request, reply) => {
      const { id } = request.params;
      const { name } = request.body;
      return showForm(request, reply, { id, ...(name === undefined ? {} : { name }), source: cameras.sourceOf(id) });
    },
  );
  app.post(
    '/settings/cameras/:id/power',
    { ...page('admin'), schema: { params: CameraParams, body: PowerForm } },
    async (request, reply) => {
      const enabled = request.body.on === '1';
      const camera = await cameras.update(request.params.id, { enabled });
      return done(request, reply, `Camera “${camera.name}” is switched ${enabled ? 'on' : 'off'}.`, camera);
    },
  );
  app.post(
    '/settings/cameras/:id/delete',
    { ...page('admin'), schema: { params: CameraParams } },
    async (request, reply) => {
      const { name } = cameras.get(request.params.id);
      await cameras.remove(request.params.id);
      const flash = { kind: 'done', text: `Camera “${name}” is removed. Its photos stay.` } as const;
      return finishForm(request, reply, { to: '/settings', json: {}, flash });
    },
  );
}

/** The source of a camera's form, with the chosen mode as options if the source takes them. */
export function sourceOf(form: Omit<Static<typeof CameraForm>, 'name'>): string {
  const source = form.source.trim();
  // Empty, it stays as it is stored.
  if (source === '') return source;
  const given = (['width', 'height', 'fps', 'format'] as const).filter((key) => (form[key] ?? '') !== '');
  if (given.length === 0) return source;
  if (!traitsOf(parseSource(source)).hasModeOptions) return source;
  const [base = source, query = ''] = source.split('?', 2);
  const options = new URLSearchParams(query);
  for (const key of given) options.set(key, form[key] ?? '');
  return `${base}?${options.toString()}`;
}

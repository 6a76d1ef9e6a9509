import type { FastifyReply, FastifyRequest } from 'fastify';
import { PortholeError } from '../domain/errors.ts';
import { isRole } from '../domain/role.ts';
import type { TestResult } from '../pages/models.ts';
import type { App } from './app-type.ts';
import { type Context, attempt, finishForm, sendPage, shellFor } from './context.ts';
import type { SourceTest } from './deps.ts';
import { answerFor } from './errors.ts';
import {
  CameraForm,
  CameraTestForm,
  IdsForm,
  PowerForm,
  SitesForm,
  UserForm,
  idsOf,
  listOf,
  roleOf,
  sourceOf,
} from './forms.ts';
import { api, page } from './policy.ts';
import { backFrom, queryValue, requestSignal, wantsJson } from './requests.ts';
import { CameraParams, IdParams, SettingsSchema, replies } from './schemas.ts';

const testTimeoutMs = 15_000;

/** The settings of cameras, other sites and users, for admins. */
export function registerSettings(app: App, context: Context): void {
  registerSites(app, context);
  registerCameraSettings(app, context);
  registerUserSettings(app, context);
}

/** Tries a source; its picture travels inside the answer, so that nothing has to be kept. */
export async function testSource(
  context: Context,
  reply: FastifyReply,
  source: string,
  camera: string | undefined,
): Promise<TestResult> {
  const signal = requestSignal(reply, testTimeoutMs);
  const options = camera === undefined || camera === '' ? { signal } : { signal, camera };
  return shownTest(await context.cameras.test(source, options));
}

function shownTest(result: SourceTest): TestResult {
  if (!result.ok) return { ok: false, problem: result.problem };
  const { width, height, fps, format, jpeg } = result;
  return { ok: true, width, height, fps, format, picture: `data:image/jpeg;base64,${jpeg.toString('base64')}` };
}

/** The other sites whose pages may read pictures. */
function registerSites(app: App, context: Context): void {
  const { settings } = context;
  app.post('/settings/sites', { ...page('admin'), schema: { body: SitesForm } }, async (request, reply) => {
    const origins = await settings.setCorsOrigins((request.body.origins ?? '').split(/\s+/));
    const text = origins.length === 0 ? 'No other site may read pictures now.' : 'Other sites saved.';
    return finishForm(context, request, reply, { to: '/settings', json: { origins }, flash: { kind: 'done', text } });
  });
  const tags = ['settings'];
  app.get(
    '/api/settings',
    { ...api('admin'), schema: { tags, summary: 'The settings', response: replies({ 200: SettingsSchema }) } },
    async (_request, reply) => reply.send({ origins: await settings.corsOrigins() }),
  );
  app.put(
    '/api/settings',
    {
      ...api('admin'),
      schema: {
        tags,
        summary: 'Change the settings',
        body: SettingsSchema,
        response: replies({ 200: SettingsSchema }),
      },
    },
    async (request, reply) => reply.send({ origins: await settings.setCorsOrigins(request.body.origins) }),
  );
}

function registerCameraSettings(app: App, context: Context): void {
  const { cameras, pages } = context;
  const showForm = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: { id?: string; name?: string; source?: string; test?: TestResult; error?: PortholeError },
  ): Promise<FastifyReply> => {
    const camera = form.id === undefined ? null : await cameras.details(form.id);
    const model = {
      ...shellFor(context, request, reply),
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
    return finishForm(context, request, reply, { to, json, flash: { kind: 'done', text } });
  };

  app.get('/settings', page('admin'), async (request, reply) => {
    const [details, devices] = await Promise.all([
      Promise.all(cameras.list().map((camera) => cameras.details(camera.id))),
      cameras.devices(),
    ]);
    const posters = details.map(({ id }) => id).filter((id) => cameras.poster(id) !== null);
    const origins = await context.settings.corsOrigins();
    const shell = shellFor(context, request, reply);
    return sendPage(reply, pages.settingsCameras({ ...shell, details, devices, posters, origins }));
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
    return finishForm(context, request, reply, { to: '/settings', json: camera, flash, status: 201 });
  });
  app.post('/settings/cameras/test', { ...page('admin'), schema: { body: CameraTestForm } }, async (request, reply) => {
    const { camera: id, name = '', source } = request.body;
    const test = await testSource(context, reply, sourceOf(request.body), id).catch((error: unknown) => {
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
      const { name } = request.body;
      const { photos } = request.body;
      // A box that is not ticked sends nothing, so a hidden field says that it was there.
      const change = photos === undefined ? {} : { bestPhotos: [photos].flat().includes('best') };
      const camera = await attempt(request, async () =>
        cameras.update(id, { name, source: sourceOf(request.body), ...change }),
      );
      if (camera instanceof PortholeError) {
        if (camera.code === 'camera_not_found') throw camera;
        return showForm(request, reply, { ...request.body, id, error: camera });
      }
      const flash = { kind: 'done', text: `Camera “${camera.name}” is saved.` } as const;
      return finishForm(context, request, reply, { to: '/settings', json: camera, flash });
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
      return finishForm(context, request, reply, { to: '/settings', json: {}, flash });
    },
  );
}

function registerUserSettings(app: App, context: Context): void {
  const { accounts, pages } = context;
  type Values = Parameters<typeof pages.users>[0]['values'];
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    error: PortholeError | null,
    values: Values,
  ): Promise<FastifyReply> => {
    const users = await accounts.users();
    const model = { ...shellFor(context, request, reply), users, error: error?.toJSON() ?? null, values };
    return sendPage(reply, pages.users(model), error === null ? 200 : answerFor(error).status);
  };

  app.get('/settings/users', page('admin'), (request, reply) => show(request, reply, null, null));
  app.post('/settings/users', { ...page('admin'), schema: { body: UserForm } }, async (request, reply) => {
    const { username = '', password = '' } = request.body;
    const cameras = camerasOf(request.body.cameras);
    const user = await attempt(request, async () =>
      accounts.addUser({ username, password, role: roleOf(request.body.role), cameras }),
    );
    if (user instanceof PortholeError) {
      const role = isRole(request.body.role) ? request.body.role : 'viewer';
      return show(request, reply, user, { username, role, cameras });
    }
    const flash = { kind: 'done', text: `${user.username} is added.` } as const;
    return finishForm(context, request, reply, { to: '/settings/users', json: user, flash, status: 201 });
  });
  app.post(
    '/settings/users/:id',
    { ...page('admin'), schema: { params: IdParams, body: UserForm } },
    async (request, reply) => {
      const { password = '', role, cameras } = request.body;
      const user = await attempt(request, async () =>
        accounts.updateUser(request.params.id, {
          ...(role === undefined ? {} : { role: roleOf(role) }),
          // A form that names no camera at all is about something else, such as a new password.
          ...(cameras === undefined ? {} : { cameras: camerasOf(cameras) }),
          ...(password === '' ? {} : { password }),
        }),
      );
      if (user instanceof PortholeError) return show(request, reply, user, null);
      const flash = { kind: 'done', text: `${user.username} is saved.` } as const;
      return finishForm(context, request, reply, { to: '/settings/users', json: user, flash });
    },
  );
  app.post('/settings/users/:id/delete', { ...page('admin'), schema: { params: IdParams } }, async (request, reply) => {
    await accounts.removeUser(request.params.id);
    const flash = { kind: 'done', text: 'The user is removed and signed out everywhere.' } as const;
    return finishForm(context, request, reply, { to: '/settings/users', json: {}, flash });
  });
}

/** The cameras a user may see: `*` or no field at all means all of them. */
function camerasOf(field: string | readonly string[] | undefined): readonly string[] | null {
  if (field === undefined) return null;
  const ids = listOf(field);
  return ids.includes('*') ? null : ids;
}

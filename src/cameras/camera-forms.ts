import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { CameraAddress } from '../domain/cameras/camera-address.ts';
import { PortholeError, type Problem } from '../domain/errors.ts';
import { answerFor } from '../http/errors.ts';
import { attempt, finishForm } from '../http/forms/form-answers.ts';
import { Field, IdsForm, idsOf } from '../http/forms/forms.ts';
import type { App } from '../http/kernel.ts';
import { page } from '../http/security/policy.ts';
import { backFrom, queryValue, requestSignal, wantsJson } from '../http/requests.ts';
import { sendPage, shellFor } from '../http/shell.ts';
import type { TestResult } from '../domain/cameras/source-test.ts';
import type { CameraValues } from '../pages/models.ts';
import { addCamera } from './adding/add-camera.ts';
import { enteredAddress, shownAddress, SourceFields, sourceOf } from './adding/camera-entry.ts';
import { KeptPasswords } from './adding/kept-passwords.ts';
import { startFor } from './adding/start-for.ts';
import { CameraParams } from './camera-request.ts';
import type { Cameras } from './cameras.ts';
import { searchLimit } from './sources/address-search.ts';
import { sendProgress, testSource, wantsProgress } from './test-source.ts';
import type { LiveView } from './watching/live-view.ts';
import { type Sentence, sentence } from '../messages/sentence.ts';

/** A camera. Only the form of a device has `photos`. */
const CameraForm = Type.Object({
  ...SourceFields,
  photos: Type.Optional(Type.Union([Field, Type.Array(Field)])),
  name: Type.String({ maxLength: 200 }),
});
/** A new camera. */
const NewCameraForm = Type.Object({
  ...SourceFields,
  name: Type.String({ maxLength: 200 }),
  /** Not empty to add it although it shows no picture. */
  anyway: Type.Optional(Field),
});
/** A source to test while a camera is added or changed. */
const CameraTestForm = Type.Object({
  ...SourceFields,
  name: Type.Optional(Type.String({ maxLength: 200 })),
  camera: Type.Optional(Type.String({ maxLength: 60 })),
});
/** The values entered before the address was shown. */
const ShowAddressForm = Type.Object({ name: Type.Optional(Type.String({ maxLength: 200 })) });
/** The privacy switch. */
const PowerForm = Type.Object({ on: Type.Union([Type.Literal('1'), Type.Literal('0')]) });

/** What a camera's form shows in addition to what is stored. */
interface ShownForm {
  readonly id?: string | undefined;
  readonly values?: Partial<CameraValues>;
  readonly test?: TestResult;
  /** Why a camera that is to be added shows no picture. */
  readonly question?: Problem;
  readonly error?: PortholeError;
  /** True to search for network cameras. */
  readonly searches?: boolean;
}

/** The pages and forms of Settings on which admins add, change and remove cameras. */
export function registerCameraForms(app: App, cameras: Cameras, liveView: LiveView): void {
  const { pages } = app.kernel;
  const passwords = new KeptPasswords();
  const showForm = async (request: FastifyRequest, reply: FastifyReply, form: ShownForm): Promise<FastifyReply> => {
    const { id, values = {}, test = null, question = null, error } = form;
    const camera = id === undefined ? null : await cameras.details(id);
    const model = {
      ...shellFor(request, reply),
      camera,
      values: {
        ...{ name: camera?.name ?? '', source: camera?.source ?? '', substream: camera?.substream ?? '' },
        ...values,
      },
      ...(await cameras.foundWebcams()),
      network:
        id !== undefined ? null : form.searches === true ? await cameras.network.search() : cameras.network.lastFound,
      ...{ test, question },
      error: error?.toJSON() ?? null,
    };
    return sendPage(reply, pages.cameraForm(model), error === undefined ? 200 : answerFor(error).status);
  };
  const done = (request: FastifyRequest, reply: FastifyReply, text: Sentence, json: unknown): FastifyReply => {
    const to = backFrom(request, '/settings');
    return finishForm(request, reply, { to, json, flash: { kind: 'done', text } });
  };

  app.get('/settings/cameras/new', page('admin'), (request, reply) => {
    const [source, name] = [queryValue(request, 'source'), queryValue(request, 'name')?.slice(0, 60)];
    const values = { ...(source === undefined ? {} : { source }), ...(name === undefined ? {} : { name }) };
    return showForm(request, reply, { values, searches: queryValue(request, 'network') !== undefined });
  });
  app.get('/settings/cameras/:id', { ...page('admin'), schema: { params: CameraParams } }, (request, reply) =>
    showForm(request, reply, { id: request.params.id }),
  );
  app.post('/settings/cameras', { ...page('admin'), schema: { body: NewCameraForm } }, async (request, reply) => {
    const { name, substream = '', anyway = '' } = request.body;
    let address: CameraAddress = { source: request.body.source };
    const outcome = await attempt(request, async () => {
      address = enteredAddress(request, request.body, passwords);
      // A program that sends a form gets an answer, not a question.
      const wanted = { name, address, substream, anyway: anyway !== '' || wantsJson(request) };
      return addCamera(cameras, wanted, requestSignal(reply, searchLimit));
    });
    if (outcome instanceof PortholeError || outcome.kind === 'question') {
      const values = { name, substream, ...shownAddress(request, address, passwords) };
      const why = outcome instanceof PortholeError ? { error: outcome } : { question: outcome.problem };
      return showForm(request, reply, { values, ...why });
    }
    const { camera, works } = outcome;
    if (works) await startFor(request, liveView, camera);
    const flash = { kind: 'done', text: sentence('settings_camera_added', { name: camera.name }) } as const;
    return finishForm(request, reply, { to: cameraUrl(camera.id), json: camera, flash, status: 201 });
  });
  app.post('/settings/cameras/test', { ...page('admin'), schema: { body: CameraTestForm } }, async (request, reply) => {
    const { camera = '', name = '', substream = '' } = request.body;
    // The form of a present camera has one field, with the login in it.
    const entered = (): CameraAddress =>
      camera === '' ? enteredAddress(request, request.body, passwords) : { source: sourceOf(request.body) };
    if (wantsProgress(request)) return sendProgress(cameras, reply, { ...entered(), camera, substream });
    let address: CameraAddress = { source: request.body.source };
    const test = await Promise.try(() =>
      testSource(cameras, reply, { ...(address = entered()), camera, substream }),
    ).catch((error: unknown) => {
      if (!(error instanceof PortholeError)) throw error;
      return { ok: false, problem: error.toJSON() } as const;
    });
    if (wantsJson(request)) return reply.send(test);
    const found =
      test.ok && test.source !== undefined && camera === '' ? { source: test.source, maker: '', path: '' } : {};
    const its = test.ok ? test.substream : undefined;
    const values = {
      ...{ name, substream: its?.source ?? substream },
      ...shownAddress(request, { ...address, ...found }, passwords),
    };
    return showForm(request, reply, { id: camera === '' ? undefined : camera, values, test });
  });
  app.post('/settings/cameras/order', { ...page('admin'), schema: { body: IdsForm } }, async (request, reply) => {
    await cameras.reorder(idsOf(request.body));
    return done(request, reply, sentence('settings_order_saved'), cameras.list());
  });
  app.post(
    '/settings/cameras/:id',
    { ...page('admin'), schema: { params: CameraParams, body: CameraForm } },
    async (request, reply) => {
      const { id } = request.params;
      const { name, substream, photos } = request.body;
      // An unticked checkbox sends nothing, so a hidden field tells that the form had it.
      const change = {
        ...(photos === undefined ? {} : { bestPhotos: [photos].flat().includes('best') }),
        // Only the form of a network camera has it.
        ...(substream === undefined ? {} : { substream }),
      };
      const camera = await attempt(request, async () =>
        cameras.update(id, { name, source: sourceOf(request.body), ...change }),
      );
      if (camera instanceof PortholeError) {
        if (camera.code === 'camera_not_found') throw camera;
        const { source } = request.body;
        const values = { name, source, ...(substream === undefined ? {} : { substream }) };
        return showForm(request, reply, { id, values, error: camera });
      }
      const flash = { kind: 'done', text: sentence('settings_camera_saved', { name: camera.name }) } as const;
      return finishForm(request, reply, { to: '/settings', json: camera, flash });
    },
  );
  app.post(
    '/settings/cameras/:id/address',
    { ...page('admin'), schema: { params: CameraParams, body: ShowAddressForm } },
    (request, reply) => {
      const { id } = request.params;
      const { name } = request.body;
      const { source, substream } = cameras.sourceOf(id);
      const values = { ...(name === undefined ? {} : { name }), source, substream: substream ?? '' };
      return showForm(request, reply, { id, values });
    },
  );
  app.post(
    '/settings/cameras/:id/power',
    { ...page('admin'), schema: { params: CameraParams, body: PowerForm } },
    async (request, reply) => {
      const enabled = request.body.on === '1';
      const camera = await cameras.update(request.params.id, { enabled });
      const { name } = camera;
      const text = enabled ? sentence('settings_camera_on', { name }) : sentence('settings_camera_off', { name });
      return done(request, reply, text, camera);
    },
  );
  app.post(
    '/settings/cameras/:id/delete',
    { ...page('admin'), schema: { params: CameraParams } },
    async (request, reply) => {
      const { name } = cameras.get(request.params.id);
      await cameras.remove(request.params.id);
      const flash = { kind: 'done', text: sentence('settings_camera_removed', { name }) } as const;
      return finishForm(request, reply, { to: '/settings', json: {}, flash });
    },
  );
}

/** The live page of a camera. */
function cameraUrl(id: string): string {
  return `/?camera=${encodeURIComponent(id)}`;
}

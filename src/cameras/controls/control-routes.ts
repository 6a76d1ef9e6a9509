import { type TSchema, Type } from 'typebox';
import { parseControlValue, type ControlValue } from '../../domain/cameras/control.ts';
import { PortholeError } from '../../domain/errors.ts';
import { attempt, finishForm } from '../../http/forms/form-answers.ts';
import type { App } from '../../http/kernel.ts';
import { api, page, principalOf } from '../../http/security/policy.ts';
import { backFrom } from '../../http/requests.ts';
import { replies } from '../../http/schemas.ts';
import { sendPage, shellFor } from '../../http/shell.ts';
import { CameraParams, cameraOf } from '../camera-request.ts';
import type { Cameras } from '../cameras.ts';
import type { LiveView } from '../watching/live-view.ts';
import { sentence } from '../../messages/sentence.ts';

const tags = ['controls'];
const longestId = 60;
const mostControls = 200;

const base = {
  id: Type.String({ description: 'The key to set it with' }),
  name: Type.String({ description: "The driver's name for it" }),
  group: Type.String({ description: "The driver's name for its group" }),
  inactive: Type.Boolean({ description: 'True while it has no effect, because an automatic setting controls it' }),
  readonly: Type.Boolean(),
};
const chosen = { default: Type.Number(), value: Type.Number() };
const optionsOf = (label: TSchema, title: string): TSchema =>
  Type.Array(Type.Object({ value: Type.Number(), label }, { title }));
const ControlSchema = Type.Union(
  [
    Type.Object(
      {
        ...base,
        type: Type.Literal('integer'),
        min: Type.Number(),
        max: Type.Number(),
        step: Type.Number(),
        ...chosen,
        unit: Type.Optional(Type.String()),
      },
      { title: 'IntegerControl' },
    ),
    Type.Object(
      { ...base, type: Type.Literal('boolean'), default: Type.Boolean(), value: Type.Boolean() },
      { title: 'BooleanControl' },
    ),
    Type.Object(
      { ...base, type: Type.Literal('menu'), options: optionsOf(Type.String(), 'MenuOption'), ...chosen },
      { title: 'MenuControl' },
    ),
    Type.Object(
      { ...base, type: Type.Literal('intmenu'), options: optionsOf(Type.Number(), 'NumberOption'), ...chosen },
      { title: 'NumberMenuControl' },
    ),
    Type.Object({ ...base, type: Type.Literal('button') }, { title: 'ButtonControl' }),
  ],
  { title: 'Control' },
);
const ControlsReply = replies({ 200: Type.Array(ControlSchema) });

const ControlChanges = Type.Record(Type.String({ maxLength: longestId }), Type.Union([Type.Number(), Type.Boolean()]), {
  title: 'ControlChanges',
  maxProperties: mostControls,
  description: 'Values by control id; a button takes any value',
});

/** `control.ID` for each value (the last one counts if a field is repeated), `press` with a button's id, or `reset`. */
const ControlsForm = Type.Object({
  press: Type.Optional(Type.String({ maxLength: longestId })),
  reset: Type.Optional(Type.String({ maxLength: 20 })),
});

/** The controls of a camera: brightness, exposure, focus and everything else that its driver offers. */
export function registerControls(app: App, cameras: Cameras, liveView: LiveView): void {
  app.get(
    '/api/cameras/:id/controls',
    {
      // Reading them may open the device, which turns its light on for a moment.
      ...api('operator'),
      schema: {
        tags,
        operationId: 'getControls',
        summary: 'Get the controls of a camera',
        params: CameraParams,
        response: ControlsReply,
      },
    },
    async (request, reply) => reply.send(await cameras.controls(cameraOf(cameras, request, request.params.id).id)),
  );
  app.patch(
    '/api/cameras/:id/controls',
    {
      ...api('operator'),
      schema: {
        tags,
        operationId: 'setControls',
        summary: 'Set controls; the values are kept and set again whenever the camera opens',
        params: CameraParams,
        body: ControlChanges,
        response: ControlsReply,
      },
    },
    async (request, reply) => {
      const { id } = cameraOf(cameras, request, request.params.id);
      return reply.send(await cameras.setControls(id, request.body));
    },
  );
  app.post(
    '/api/cameras/:id/controls/reset',
    {
      ...api('operator'),
      schema: {
        tags,
        operationId: 'resetControls',
        summary: 'Reset all controls to their defaults',
        params: CameraParams,
        response: ControlsReply,
      },
    },
    async (request, reply) => reply.send(await cameras.resetControls(cameraOf(cameras, request, request.params.id).id)),
  );
  app.get(
    '/cameras/:id/controls',
    { ...page('operator'), schema: { params: CameraParams } },
    async (request, reply) => {
      const camera = cameraOf(cameras, request, request.params.id);
      const [found, watching, ptz] = await Promise.all([
        attempt(request, () => cameras.controls(camera.id)),
        liveView.of(principalOf(request), camera.id),
        cameras.ptz(camera.id),
      ]);
      const failed = found instanceof PortholeError;
      const model = {
        ...shellFor(request, reply),
        camera,
        watching,
        hasPoster: cameras.poster(camera.id) !== null,
        controls: failed ? [] : found,
        ptz,
        problem: failed ? found.toJSON() : null,
      };
      return sendPage(reply, app.kernel.pages.cameraControls(model));
    },
  );
  app.post(
    '/cameras/:id/controls',
    { ...page('operator'), schema: { params: CameraParams, body: ControlsForm } },
    async (request, reply) => {
      const { id } = cameraOf(cameras, request, request.params.id);
      const { press, reset } = request.body;
      const fields = request.body as Readonly<Record<string, unknown>>;
      const controls = await attempt(request, async () => {
        if (reset !== undefined) return cameras.resetControls(id);
        const values = press === undefined || press === '' ? await changesIn(cameras, id, fields) : { [press]: true };
        return cameras.setControls(id, values);
      });
      const to = backFrom(request, `/?camera=${encodeURIComponent(id)}`);
      if (controls instanceof PortholeError) {
        return finishForm(request, reply, {
          to,
          json: null,
          flash: { kind: 'error', text: controls.sentence ?? controls.message },
        });
      }
      const text = reset === undefined ? sentence('controls_done') : sentence('controls_done_reset');
      return finishForm(request, reply, { to, json: controls, flash: { kind: 'done', text } });
    },
  );
}

/** The changed values of a form. A form sends every control, also inactive ones, which must not be set. */
async function changesIn(
  cameras: Cameras,
  id: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<Record<string, ControlValue>> {
  const present = new Map((await cameras.controls(id)).map((control) => [control.id, control]));
  const changes: Record<string, ControlValue> = {};
  for (const [field, written] of Object.entries(fields)) {
    if (!field.startsWith('control.')) continue;
    const control = field.slice('control.'.length);
    const last: unknown = Array.isArray(written) ? written.at(-1) : written;
    const value = parseControlValue(control, typeof last === 'string' ? last : '');
    const before = present.get(control);
    const same = before !== undefined && before.type !== 'button' && Number(before.value) === Number(value);
    if (!same) changes[control] = value;
  }
  return changes;
}

import { Type } from 'typebox';
import {
  longestMove,
  oneStep,
  type PtzCommand,
  type PtzDirection,
  ptzDirections,
  shortestMove,
} from '../../domain/cameras/ptz.ts';
import { PortholeError } from '../../domain/errors.ts';
import { attempt, finishForm } from '../../http/forms/form-answers.ts';
import type { App } from '../../http/kernel.ts';
import { backFrom } from '../../http/requests.ts';
import { replies } from '../../http/schemas.ts';
import { api, page } from '../../http/security/policy.ts';
import { CameraParams, cameraOf } from '../camera-request.ts';
import type { Cameras } from '../cameras.ts';

const tags = ['controls'];
const longestId = 64;

const PtzSchema = Type.Object(
  {
    turns: Type.Boolean({ description: 'True if it pans and tilts' }),
    zooms: Type.Boolean(),
    presets: Type.Array(Type.Object({ id: Type.String(), name: Type.String() }, { title: 'PtzPreset' })),
  },
  { title: 'Ptz' },
);
const PtzReply = replies({ 200: PtzSchema });

const speed = (description: string) => Type.Optional(Type.Number({ minimum: -1, maximum: 1, description }));
const PtzMovement = Type.Object(
  {
    pan: speed('Speed to the right; negative to the left'),
    tilt: speed('Speed up; negative down'),
    zoom: speed('Speed closer; negative away'),
    milliseconds: Type.Optional(
      Type.Integer({ minimum: shortestMove, maximum: longestMove, description: 'Until it stops' }),
    ),
    preset: Type.Optional(Type.String({ maxLength: longestId, description: 'A position to go to, instead' })),
  },
  { title: 'PtzMovement' },
);

/** `move` with a direction for one step, or `preset`. */
const PtzForm = Type.Object({
  move: Type.Optional(Type.String({ maxLength: 10 })),
  preset: Type.Optional(Type.String({ maxLength: longestId })),
});

/** Moving cameras: pan, tilt, zoom and presets. */
export function registerPtz(app: App, cameras: Cameras): void {
  app.get(
    '/api/cameras/:id/ptz',
    {
      ...api('operator'),
      schema: {
        tags,
        operationId: 'getPtz',
        summary: 'Get how a camera can be moved',
        params: CameraParams,
        response: PtzReply,
      },
    },
    async (request, reply) => reply.send(await cameras.ptz(cameraOf(cameras, request, request.params.id).id)),
  );
  app.post(
    '/api/cameras/:id/ptz',
    {
      ...api('operator'),
      schema: {
        tags,
        operationId: 'movePtz',
        summary: 'Move a camera; it stops after a second unless the request is repeated, and at once without speeds',
        params: CameraParams,
        body: PtzMovement,
        response: PtzReply,
      },
    },
    async (request, reply) => {
      const { id } = cameraOf(cameras, request, request.params.id);
      const { pan = 0, tilt = 0, zoom = 0, milliseconds: duration = longestMove, preset } = request.body;
      return reply.send(await cameras.movePtz(id, commandOf({ pan, tilt, zoom }, duration, preset)));
    },
  );
  app.post(
    '/cameras/:id/ptz',
    { ...page('operator'), schema: { params: CameraParams, body: PtzForm } },
    async (request, reply) => {
      const { id } = cameraOf(cameras, request, request.params.id);
      const { move = '', preset } = request.body;
      const moved = await attempt(request, async () => {
        if (preset === undefined && !Object.hasOwn(ptzDirections, move)) {
          throw new PortholeError('invalid_input', { field: 'move' });
        }
        const direction = preset === undefined ? (move as PtzDirection) : 'in';
        return cameras.movePtz(id, commandOf(ptzDirections[direction], oneStep, preset));
      });
      const to = backFrom(request, `/cameras/${encodeURIComponent(id)}/controls`);
      if (!(moved instanceof PortholeError)) return finishForm(request, reply, { to, json: moved });
      const text = moved.sentence ?? moved.message;
      return finishForm(request, reply, { to, json: null, flash: { kind: 'error', text } });
    },
  );
}

function commandOf(
  speeds: Extract<PtzCommand, { kind: 'move' }>['speed'],
  duration: number,
  preset: string | undefined,
): PtzCommand {
  if (preset !== undefined) return { kind: 'preset', id: preset };
  if (speeds.pan === 0 && speeds.tilt === 0 && speeds.zoom === 0) return { kind: 'stop' };
  return { kind: 'move', speed: speeds, duration };
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type CameraInfo, freeCameraName } from '../../domain/cameras/camera.ts';
import { PortholeError } from '../../domain/errors.ts';
import { answerFor } from '../../http/errors.ts';
import { attempt, finishForm } from '../../http/forms/form-answers.ts';
import { listOf } from '../../http/forms/forms.ts';
import type { App } from '../../http/kernel.ts';
import { page } from '../../http/security/policy.ts';
import { queryValue } from '../../http/requests.ts';
import { sendPage, shellFor } from '../../http/shell.ts';
import type { Cameras } from '../cameras.ts';
import type { LiveView } from '../watching/live-view.ts';
import { startFor } from './start-for.ts';

const Path = Type.String({ maxLength: 300 });
const Paths = Type.Optional(Type.Union([Path, Type.Array(Path, { maxItems: 100 })]));
/** The webcams that the page showed, and those that are ticked, by their paths. */
const WelcomeForm = Type.Object({ shown: Paths, webcam: Paths });

/** The page after set-up: what was found, to be ticked. */
export function registerWelcome(app: App, cameras: Cameras, liveView: LiveView): void {
  const { pages } = app.kernel;
  const show = async (request: FastifyRequest, reply: FastifyReply, error?: PortholeError): Promise<FastifyReply> => {
    const searches = queryValue(request, 'network') !== undefined;
    const [found, network] = await Promise.all([
      cameras.foundWebcams(),
      searches ? cameras.network.search() : cameras.network.lastFound,
    ]);
    const isFirst = cameras.areNone;
    const problem = error?.toJSON() ?? null;
    const html = pages.welcome({ ...shellFor(request, reply), ...found, network, isFirst, error: problem });
    return sendPage(reply, html, error === undefined ? 200 : answerFor(error).status);
  };
  app.get('/welcome', page('admin'), (request, reply) => show(request, reply));
  app.post('/welcome', { ...page('admin'), schema: { body: WelcomeForm } }, async (request, reply) => {
    const ticked = new Set(listOf(request.body.webcam));
    const used = await attempt(request, () => useWebcams(cameras, new Set(listOf(request.body.shown)), ticked));
    if (used instanceof PortholeError) return show(request, reply, used);
    const [first, second] = used;
    if (first !== undefined) await startFor(request, liveView, first);
    const to = first === undefined || second !== undefined ? '/' : `/?camera=${encodeURIComponent(first.id)}`;
    return finishForm(request, reply, { to, json: used });
  });
}

/**
 * Makes cameras of the ticked webcams, and removes those of the others that were shown.
 *
 * @returns the cameras of the ticked ones
 */
async function useWebcams(
  cameras: Cameras,
  shown: ReadonlySet<string>,
  ticked: ReadonlySet<string>,
): Promise<readonly CameraInfo[]> {
  const used: CameraInfo[] = [];
  const { webcams } = await cameras.foundWebcams();
  for (const { device, camera } of webcams) {
    if (camera !== null && (camera.fixed || ticked.has(device.path))) used.push(cameras.get(camera.id));
    else if (camera !== null && shown.has(device.path)) await cameras.remove(camera.id);
    else if (camera === null && ticked.has(device.path)) {
      const names = cameras.list().map(({ name }) => name);
      used.push(await cameras.add({ name: freeCameraName(device.name, names), source: device.path }));
    }
  }
  return used;
}

// The thread that moves one ONVIF device. It ends when the server ends it, or if the device cannot be moved.
import { parentPort, workerData } from 'node:worker_threads';
import type { Cam } from 'onvif';
import { isMovable, type Ptz, type PtzPreset } from '../../domain/cameras/ptz.ts';
import { called, connectedDevice, escaped, textOf } from '../discovery/onvif-device.ts';
import type { OnvifOrder } from '../discovery/onvif-messages.ts';
import type { PtzReply, PtzRequest } from './ptz-messages.ts';

/** More presets than this are not offered. */
const mostPresets = 32;
const longestName = 40;
const longestToken = 64;

/** The parts of a profile that matter here. */
interface Profile {
  readonly $?: { readonly token?: unknown };
  readonly PTZConfiguration?: { readonly nodeToken?: unknown };
}

const reply = (message: PtzReply): void => parentPort?.postMessage(message);
const fail = (error: unknown): void => reply({ ok: false, detail: textOf(error) });

try {
  await serve(await connectedDevice(workerData as OnvifOrder));
} catch (error) {
  fail(error);
}

async function serve(camera: Cam): Promise<void> {
  const profiles = (camera.profiles as readonly Profile[] | undefined) ?? [];
  const profile = profiles.find(({ $, PTZConfiguration }) => PTZConfiguration && typeof $?.token === 'string');
  const hasService = (camera.uri as { readonly ptz?: unknown } | undefined)?.ptz !== undefined;
  if (profile === undefined || !hasService) return reply({ ok: true, ptz: null });
  const profileToken = escaped(String(profile.$?.token));
  const ptz = await abilities(camera, profile, profileToken);
  if (!isMovable(ptz)) return reply({ ok: true, ptz: null });
  parentPort?.on('message', (request: PtzRequest) => {
    perform(camera, profileToken, ptz, request).then(() => reply({ ok: true }), fail);
  });
  reply({ ok: true, ptz });
}

/** What its node can do; presets are optional. */
async function abilities(camera: Cam, profile: Profile, profileToken: string): Promise<Ptz> {
  const nodes = await called<Record<string, { readonly supportedPTZSpaces?: object }>>((callback) =>
    camera.getNodes(callback),
  );
  const node = nodes?.[String(profile.PTZConfiguration?.nodeToken)] ?? Object.values(nodes ?? {})[0];
  const spaces = node?.supportedPTZSpaces ?? {};
  const presets = await called<unknown>((callback) => camera.getPresets({ profileToken }, callback)).then(
    () => presetsOf((camera as { readonly presets?: object }).presets ?? {}),
    () => [],
  );
  return {
    turns: 'continuousPanTiltVelocitySpace' in spaces,
    zooms: 'continuousZoomVelocitySpace' in spaces,
    presets,
  };
}

/** The presets by their tokens, which identify them: names may be missing or occur twice. */
function presetsOf(byToken: object): readonly PtzPreset[] {
  return Object.entries(byToken)
    .filter(([id]) => id !== '' && id.length <= longestToken)
    .slice(0, mostPresets)
    .map(([id, preset]) => {
      const { name } = preset as { readonly name?: unknown };
      const text = typeof name === 'string' ? name.replace(/[\p{Cc}\p{Cf}]/gu, '').trim() : '';
      return { id, name: text.slice(0, longestName) || id };
    });
}

async function perform(camera: Cam, profileToken: string, ptz: Ptz, request: PtzRequest): Promise<void> {
  await called<unknown>((callback) => {
    switch (request.kind) {
      case 'move': {
        const { pan, tilt, zoom } = request.speed;
        // Some cameras refuse a request that has both.
        const only = zoom === 0 ? { onlySendPanTilt: true } : pan === 0 && tilt === 0 ? { onlySendZoom: true } : {};
        const both = ptz.turns && ptz.zooms ? only : ptz.turns ? { onlySendPanTilt: true } : { onlySendZoom: true };
        camera.continuousMove({ profileToken, x: pan, y: tilt, zoom, timeout: request.timeout, ...both }, callback);
        break;
      }
      case 'stop':
        camera.stop({ profileToken, panTilt: ptz.turns, zoom: ptz.zooms }, callback);
        break;
      case 'preset':
        camera.gotoPreset({ profileToken, preset: escaped(request.id) }, callback);
    }
  });
}

import type { FastifyReply } from 'fastify';
import type { Cameras } from '../cameras/cameras.ts';
import type { CameraInfo } from '../domain/cameras/camera.ts';
import { PortholeError } from '../domain/errors.ts';
import { requestSignal } from '../http/requests.ts';
import { mediaInput } from './media-input.ts';

/** How long a request waits for a camera to open, in milliseconds. Clients give up after five to ten seconds. */
export const openTimeoutMs = 10_000;
/** The longest time that a request for audio waits for it, in milliseconds. Usually, the Capture decides sooner. */
export const audioTimeoutMs = 3_000;

/**
 * Opens the camera of a request if it is closed, see {@link openCamera}.
 *
 * @throws {PortholeError} why the camera cannot be opened.
 */
export function openForViewer(cameras: OpenableCameras, reply: FastifyReply, camera: CameraInfo): Promise<void> {
  return openCamera(cameras, camera, () => ({
    signal: requestSignal(reply, openTimeoutMs),
    width: mediaInput(reply.request).width,
  }));
}

/**
 * Opens the camera if it is closed. A camera that is reconnecting, or waiting for a keyframe, isn't an error here: its
 * MJPEG viewers get placeholder frames.
 *
 * @param options called only if there is something to wait for
 * @throws {PortholeError} why the camera cannot be opened.
 */
export async function openCamera(
  cameras: OpenableCameras,
  camera: CameraInfo,
  options: () => { readonly signal: AbortSignal; readonly width: number | 'source' },
): Promise<void> {
  const { kind } = camera.state;
  if (kind === 'off') throw new PortholeError('camera_off');
  if (kind === 'closed' || kind === 'opening') {
    try {
      await cameras.ensureOpen(camera.id, options());
    } catch (error) {
      const { state } = cameras.get(camera.id);
      if (state.kind !== 'opening' || state.waitingFor === undefined) throw error;
    }
  }
}

/** Waits for the audio of an open camera, which may begin after the video: a running stream can't get another track. */
export async function awaitAudio(
  cameras: Pick<Cameras, 'untilAudioIsKnown'>,
  reply: FastifyReply,
  id: string,
): Promise<void> {
  await cameras.untilAudioIsKnown(id, requestSignal(reply, audioTimeoutMs));
}

type OpenableCameras = Pick<Cameras, 'ensureOpen' | 'get'>;

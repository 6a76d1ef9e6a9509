import type { FastifyRequest } from 'fastify';
import { principalOf } from '../../http/security/policy.ts';
import type { LiveView } from '../watching/live-view.ts';

/** Starts playback of a camera for this request's session. If that fails, the camera's page says why. */
export async function startFor(
  request: FastifyRequest,
  liveView: LiveView,
  camera: { readonly id: string },
): Promise<void> {
  const principal = principalOf(request);
  if (principal.sessionId === null) return;
  await liveView.start(principal, camera.id).catch((error: unknown) => {
    request.log.debug({ err: error, camera: camera.id }, 'a new camera did not start');
  });
}

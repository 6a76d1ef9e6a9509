import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { CameraInfo } from '../domain/cameras/camera.ts';
import { PortholeError } from '../domain/errors.ts';
import { maySee, type Principal } from '../domain/users/user.ts';
import { principalOf } from '../http/security/policy.ts';
import type { Cameras } from './cameras.ts';

/** `:id` of a camera in a URL. */
export const CameraParams = Type.Object({ id: Type.String({ description: "The camera's id", maxLength: 60 }) });

/** The cameras that the principal may see, in their order. */
export function visibleCameras(cameras: Pick<Cameras, 'list'>, principal: Principal): readonly CameraInfo[] {
  return cameras.list().filter((camera) => maySee(principal, camera.id));
}

/**
 * The camera with this id.
 *
 * @throws {PortholeError} `camera_not_found`, also for a camera that the client may not see.
 */
export function cameraOf(cameras: Pick<Cameras, 'get'>, request: FastifyRequest, id: string): CameraInfo {
  if (!maySee(principalOf(request), id)) throw new PortholeError('camera_not_found');
  return cameras.get(id);
}

/** The camera that a form or a query names, or by default the first one that the client may see. */
export function chosenCamera(
  cameras: Pick<Cameras, 'get' | 'list'>,
  request: FastifyRequest,
  id: string | undefined,
): CameraInfo {
  if (id !== undefined && id !== '') return cameraOf(cameras, request, id);
  const first = visibleCameras(cameras, principalOf(request))[0];
  if (first === undefined) throw new PortholeError('camera_not_found');
  return first;
}

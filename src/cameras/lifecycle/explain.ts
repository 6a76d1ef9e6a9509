import { PortholeError, type Problem } from '../../domain/errors.ts';
import type { Source } from '../../domain/cameras/source.ts';
import { sentence } from '../../messages/sentence.ts';
import { isDevice } from '../../domain/cameras/source-kinds.ts';
import { deviceUsers } from '../devices/device-users.ts';

/** Makes the failure of a device more exact: says which program uses a busy camera, if that can be known. */
export async function explainProblem(source: Source, problem: Problem): Promise<Problem> {
  if (problem.code !== 'camera_busy' || !isDevice(source)) return problem;
  const user = (await deviceUsers(source.path).catch(() => []))[0];
  if (user === undefined) return problem;
  const { name, pid } = user;
  const message = user.isOwn ? sentence('camera_busy_own') : sentence('camera_busy_by', { name, pid });
  return new PortholeError(problem.code, { ...problem, message }).toJSON();
}

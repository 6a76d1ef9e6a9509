import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';
import { PortholeError, type ProblemCode } from '../domain/errors.ts';

const { errno } = constants;

const meanings: ReadonlyMap<number, ProblemCode> = new Map([
  [errno.EBUSY, 'camera_busy'],
  [errno.EACCES, 'camera_forbidden'],
  [errno.EPERM, 'camera_forbidden'],
  [errno.ENOENT, 'camera_missing'],
  [errno.ENXIO, 'camera_missing'],
  [errno.ENODEV, 'camera_unplugged'],
  [errno.ENOSPC, 'camera_bandwidth'],
  [errno.EINVAL, 'mode_unavailable'],
]);

/**
 * Maps the errors of a local device to Problems.
 *
 * @param path the device's path as configured, for the message
 * @returns a function that takes a negative errno, or FFmpeg's error code, which has the same value for such errors
 */
export function explainDevice(path: string): (code: number) => PortholeError {
  return (code) =>
    new PortholeError(meanings.get(-code) ?? 'camera_failed', {
      detail: `${path}: ${getSystemErrorMessage(code)} (${code})`,
    });
}

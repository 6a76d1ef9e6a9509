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
 * What a local device's error means.
 *
 * @param path the device, as its person knows it
 * @returns takes the negative `errno` of the system's call, or FFmpeg's code, which is the same for such errors
 */
export function explainDevice(path: string): (code: number) => PortholeError {
  return (code) =>
    new PortholeError(meanings.get(-code) ?? 'camera_failed', {
      detail: `${path}: ${getSystemErrorMessage(code)} (${code})`,
    });
}

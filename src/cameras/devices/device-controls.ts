import { fileURLToPath } from 'node:url';
import type { ControlReply } from '../../channel/messages.ts';
import type { Control, ControlRequest } from '../../domain/cameras/control.ts';
import { PortholeError, problemError } from '../../domain/errors.ts';
import type { ChildEnvironment } from '../captures/fork-process.ts';
import { forkShortLived } from '../captures/short-lived.ts';

const entry = fileURLToPath(new URL('../../capture/device-controls.ts', import.meta.url));

/** How long a device may take, in milliseconds: a driver may hang. */
const limit = 10_000;

/**
 * Reads or sets the controls of a device that no Capture has open, in a child process.
 *
 * @throws {PortholeError} `invalid_input` for a bad value, or why the device cannot be opened.
 */
export async function deviceControls(
  path: string,
  request: ControlRequest,
  environment: ChildEnvironment,
): Promise<readonly Control[]> {
  const child = forkShortLived(entry, [], { limit, environment });
  const { promise, resolve } = Promise.withResolvers<ControlReply | null>();
  child.once('message', (message) => resolve(message as ControlReply));
  child.once('error', () => resolve(null));
  child.once('exit', () => resolve(null));
  child.send({ path, request }, () => undefined);
  const reply = await promise;
  if (reply === null) throw new PortholeError('camera_failed', { detail: `${path}: no answer about the controls` });
  if (!reply.ok) throw problemError(reply.problem);
  return reply.controls;
}

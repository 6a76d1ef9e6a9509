import type { ControlReply } from '../channel/messages.ts';
import type { ControlRequest } from '../domain/cameras/control.ts';
import { asPortholeError } from '../domain/errors.ts';
import { V4l2Camera } from './v4l2/camera.ts';

/** Reads or sets the controls of a device that is not being captured, replies to the server, and exits. */
async function main(path: string, request: ControlRequest): Promise<ControlReply> {
  try {
    using camera = await V4l2Camera.open(path);
    return { ok: true, controls: camera.controls(request) };
  } catch (error) {
    return { ok: false, problem: asPortholeError(error).toJSON() };
  }
}

process.once('message', ({ path, request }: { readonly path: string; readonly request: ControlRequest }) => {
  void main(path, request).then((reply) => process.send?.(reply, () => process.exit(0)));
});
process.on('disconnect', () => process.exit(0));

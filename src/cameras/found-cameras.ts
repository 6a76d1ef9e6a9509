import { freeCameraName, uniqueCameraId, type Camera } from '../domain/cameras/camera.ts';
import type { Device } from '../domain/cameras/mode.ts';

/**
 * The cameras that the first start makes of the capture devices it finds.
 *
 * @param used ids that cameras had before
 */
export function camerasOf(devices: readonly Device[], used: ReadonlySet<string>): readonly Camera[] {
  const taken = new Set<string>(used);
  const names: string[] = [];
  return devices.map((device, position) => {
    const id = uniqueCameraId(device.name, taken);
    taken.add(id);
    const name = freeCameraName(device.name, names);
    names.push(name);
    return { id, name, source: device.path, enabled: true, position };
  });
}

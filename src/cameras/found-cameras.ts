import { uniqueCameraId, type Camera } from '../domain/camera.ts';
import type { Device } from '../domain/mode.ts';
import { longestCameraName } from './camera-name.ts';

/**
 * The cameras that the first start makes of the capture devices it finds.
 *
 * @param used ids that cameras had before
 */
export function camerasOf(devices: readonly Device[], used: ReadonlySet<string>): readonly Camera[] {
  const taken = new Set<string>(used);
  return devices.map((device, position) => {
    const id = uniqueCameraId(device.name, taken);
    taken.add(id);
    return { id, name: device.name.slice(0, longestCameraName), source: device.path, enabled: true, position };
  });
}

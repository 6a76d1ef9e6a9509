import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { busPath } from '../../channel/devices.ts';

/** The maximum length of `bus_info` in `struct v4l2_capability`, without its NUL. */
const longestBus = 31;

/** The path of a node's device in sysfs; null if it is unknown. */
export function sysfsDevice(node: string): Promise<string | null> {
  return realpath(`/sys/class/video4linux/${basename(node)}/device`).catch(() => null);
}

/**
 * Tells whether a node may be the one at a place on a bus, without opening it, since a camera that is switched off must
 * not be opened. The kernel derives a USB device's bus address from its path in sysfs (usb_make_path); other devices
 * may be at any place except those of USB.
 *
 * @param device the path of the node's device in sysfs, from {@link sysfsDevice}
 * @param path a place on a bus, as {@link busPath} writes it
 */
export function mayBeAt(device: string | null, path: string): boolean {
  if (device === null) return true;
  const [, controller, port] = /\/([^/]+)\/usb\d+\/(?:.*\/)?\d+-([\d.]+):[\d.]+$/.exec(device) ?? [];
  if (controller === undefined) return !path.startsWith(busPath('usb-'));
  const place = busPath(`usb-${controller}-${port}`.slice(0, longestBus));
  return path === place || (path.startsWith(`${place}-`) && /^\d+$/.test(path.slice(place.length + 1)));
}

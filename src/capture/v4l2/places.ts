import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { busPath } from '../../channel/devices.ts';

/** The longest place that V4L2 tells, without its NUL. */
const longestBus = 31;

/** Where a node's device is in sysfs; null where that is not known. */
export function sysfsDevice(node: string): Promise<string | null> {
  return realpath(`/sys/class/video4linux/${basename(node)}/device`).catch(() => null);
}

/**
 * Whether a node may be the one at a place on a bus, told without opening it: what opens a camera that is switched off
 * must know before. The kernel's name of a USB device's place is made of its path in sysfs (usb_make_path); a device of
 * another kind may be at any place but one of USB's.
 *
 * @param device where the node's device is in sysfs, as {@link sysfsDevice} says
 * @param path a device's place, as {@link busPath} writes it
 */
export function mayBeAt(device: string | null, path: string): boolean {
  if (device === null) return true;
  const [, controller, port] = /\/([^/]+)\/usb\d+\/(?:.*\/)?\d+-([\d.]+):[\d.]+$/.exec(device) ?? [];
  if (controller === undefined) return !path.startsWith(busPath('usb-'));
  const place = busPath(`usb-${controller}-${port}`.slice(0, longestBus));
  return path === place || (path.startsWith(`${place}-`) && /^\d+$/.test(path.slice(place.length + 1)));
}

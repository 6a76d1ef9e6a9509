import { readdir } from 'node:fs/promises';
import { busPath } from '../../channel/devices.ts';
import { V4l2Device, type Driver } from './device.ts';
import { mayBeAt, sysfsDevice } from './places.ts';
import { Struct } from './structs.ts';

/** What a device node says it is. */
export interface NodeFacts {
  readonly node: string;
  /** What the maker calls it. */
  readonly name: string;
  readonly driver: string;
  /** Where it is plugged in, such as `usb-0000:00:14.0-1`. */
  readonly bus: string;
}

const VIDEO_CAPTURE = 0x1;
const VIDEO_M2M = 0x8000;
const READWRITE = 0x0100_0000;
const STREAMING = 0x0400_0000;
const IO_MC = 0x2000_0000;
const DEVICE_CAPS = 0x8000_0000;

/**
 * What a node is, if it delivers pictures by itself: no metadata, no output, no converter from memory to memory, and none
 * that needs other nodes to be set up first.
 */
export function captureFacts(driver: Driver, node: string): NodeFacts | null {
  const capability = new Struct('v4l2_capability');
  if (driver.call('VIDIOC_QUERYCAP', capability) !== 0) return null;
  // device_caps are this node's; capabilities are those of all nodes of the device together.
  const hasOwn = (capability.u32('capabilities') & DEVICE_CAPS) !== 0;
  const can = capability.u32(hasOwn ? 'device_caps' : 'capabilities');
  const delivers = (can & VIDEO_CAPTURE) !== 0 && (can & (READWRITE | STREAMING)) !== 0;
  if (!delivers || (can & (VIDEO_M2M | IO_MC)) !== 0) return null;
  return {
    node,
    name: capability.text('card', 32),
    driver: capability.text('driver', 16),
    bus: capability.text('bus_info', 32),
  };
}

/** The video nodes of this machine, by number. */
export async function videoNodes(): Promise<readonly string[]> {
  const names = (await readdir('/dev').catch(() => [])).filter((name) => /^video\d+$/.test(name));
  return names.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5))).map((name) => `/dev/${name}`);
}

/**
 * The facts of every capture node that may be opened, by number.
 *
 * @param onRefused called for each one that this user may not open
 */
export async function captureNodes(
  nodes?: readonly string[],
  onRefused: (node: string) => void = () => undefined,
): Promise<readonly NodeFacts[]> {
  const found: NodeFacts[] = [];
  for (const node of nodes ?? (await videoNodes())) {
    try {
      using device = V4l2Device.open(node);
      const facts = captureFacts(device, node);
      if (facts !== null) found.push(facts);
    } catch (error) {
      // Gone again, or not for this user: nothing to offer.
      if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) onRefused(node);
    }
  }
  return found;
}

/**
 * The node behind a device's path: the path itself, unless it names a place on a bus for want of a link (see
 * {@link busPath}).
 */
export async function nodeOf(path: string): Promise<string> {
  if (!path.startsWith(busPath(''))) return path;
  const candidates: string[] = [];
  for (const node of await videoNodes()) if (mayBeAt(await sysfsDevice(node), path)) candidates.push(node);
  const refused: string[] = [];
  const nodes = await captureNodes(candidates, (node) => refused.push(node));
  const found = nodes.find((each, index) => busPath(each.bus, earlierOn(nodes, index)) === path);
  // One that may not be opened may be the one: whoever tries to open it is told so, and not that there is none.
  return found?.node ?? refused[0] ?? path;
}

/** How many nodes before this one are on the same bus address. */
export function earlierOn(nodes: readonly { readonly bus: string }[], index: number): number {
  return nodes.slice(0, index).filter((each) => each.bus === nodes[index]?.bus).length;
}

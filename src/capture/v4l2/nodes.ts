import { readdir } from 'node:fs/promises';
import { busPath } from '../../channel/devices.ts';
import { V4l2Device, type Driver } from './device.ts';
import { mayBeAt, sysfsDevice } from './places.ts';
import { Struct } from './structs.ts';

/** How a device node describes itself. */
export interface NodeFacts {
  readonly node: string;
  /** The manufacturer's name for it. */
  readonly name: string;
  readonly driver: string;
  /** The bus address that it is plugged into, such as `usb-0000:00:14.0-1`. */
  readonly bus: string;
}

const VIDEO_CAPTURE = 0x1;
const VIDEO_M2M = 0x8000;
const READWRITE = 0x0100_0000;
const STREAMING = 0x0400_0000;
const IO_MC = 0x2000_0000;
const DEVICE_CAPS = 0x8000_0000;

/**
 * Describes a node that captures video on its own. Returns null for metadata, output and memory-to-memory nodes, and
 * for nodes that need a media controller to be set up first.
 */
export function captureFacts(driver: Driver, node: string): NodeFacts | null {
  const capability = new Struct('v4l2_capability');
  if (driver.call('VIDIOC_QUERYCAP', capability) !== 0) return null;
  // `device_caps` describes this node, `capabilities` all nodes of the device.
  const hasDeviceCaps = (capability.u32('capabilities') & DEVICE_CAPS) !== 0;
  const can = capability.u32(hasDeviceCaps ? 'device_caps' : 'capabilities');
  const delivers = (can & VIDEO_CAPTURE) !== 0 && (can & (READWRITE | STREAMING)) !== 0;
  if (!delivers || (can & (VIDEO_M2M | IO_MC)) !== 0) return null;
  return {
    node,
    name: capability.text('card', 32),
    driver: capability.text('driver', 16),
    bus: capability.text('bus_info', 32),
  };
}

/** The paths of all video nodes of this machine, in the order of their numbers. */
export async function videoNodes(): Promise<readonly string[]> {
  const names = (await readdir('/dev').catch(() => [])).filter((name) => /^video\d+$/.test(name));
  return names.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5))).map((name) => `/dev/${name}`);
}

/**
 * Describes every capture node that can be opened.
 *
 * @param nodes the nodes to look at; all if left out
 * @param onRefused receives each node that this user has no permission to open
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
      // Other errors mean that the node is gone again.
      if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) onRefused(node);
    }
  }
  return found;
}

/**
 * Returns the node for a device's path: the path itself, unless it names a place on a bus, as for a device without a
 * symbolic link (see {@link busPath}).
 */
export async function nodeOf(path: string): Promise<string> {
  if (!path.startsWith(busPath(''))) return path;
  const candidates: string[] = [];
  for (const node of await videoNodes()) if (mayBeAt(await sysfsDevice(node), path)) candidates.push(node);
  const refused: string[] = [];
  const nodes = await captureNodes(candidates, (node) => refused.push(node));
  const found = nodes.find((each, index) => busPath(each.bus, earlierOn(nodes, index)) === path);
  // A node without permission may be the right one. Opening it reports that, instead of a missing device.
  return found?.node ?? refused[0] ?? path;
}

/** Counts the nodes before this one that have the same bus address. */
export function earlierOn(nodes: readonly { readonly bus: string }[], index: number): number {
  return nodes.slice(0, index).filter((each) => each.bus === nodes[index]?.bus).length;
}

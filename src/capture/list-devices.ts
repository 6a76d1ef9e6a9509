import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { busPath } from '../channel/devices.ts';
import type { FoundDevice } from '../channel/messages.ts';
import { V4l2Device } from './v4l2/device.ts';
import { listModes } from './v4l2/modes.ts';
import { captureFacts, videoNodes } from './v4l2/nodes.ts';
import { mayBeAt, sysfsDevice } from './v4l2/places.ts';

/**
 * Lists this machine's capture devices with their Modes, sends the list to the server, and exits.
 *
 * The arguments name devices that must not be opened because their cameras are switched off: nodes, or places on a bus.
 * They are listed by name only. Finding out which node is at a place would require opening all of them, so no node that
 * may be there is opened.
 */
async function main(closed: ReadonlySet<string>): Promise<void> {
  const found: FoundDevice[] = [];
  const places = [...closed].filter((path) => path.startsWith(busPath('')));
  for (const node of await videoNodes()) {
    const at = places.length === 0 ? null : await sysfsDevice(node);
    const isClosed = closed.has(node) || places.some((place) => mayBeAt(at, place));
    const device = isClosed ? await nameOnly(node) : readDevice(node);
    if (device !== null) found.push(device);
  }
  process.send?.(found, () => process.exit(0));
}

function readDevice(node: string): FoundDevice | null {
  try {
    using device = V4l2Device.open(node);
    const facts = captureFacts(device, node);
    return facts === null ? null : { node, name: facts.name, bus: facts.bus, modes: listModes(device) };
  } catch {
    // Unplugged again, or no permission: there is nothing to list.
    return null;
  }
}

async function nameOnly(node: string): Promise<FoundDevice> {
  const name = await readFile(`/sys/class/video4linux/${basename(node)}/name`, 'utf8').catch(() => basename(node));
  return { node, name: name.trim(), bus: null, modes: [] };
}

await main(new Set(process.argv.slice(2)));

import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { busPath } from '../../channel/devices.ts';
import type { FoundDevice } from '../../channel/messages.ts';
import type { Device } from '../../domain/cameras/mode.ts';
import type { ChildEnvironment } from '../captures/fork-process.ts';
import { forkShortLived } from '../captures/short-lived.ts';

const entry = fileURLToPath(new URL('../../capture/list-devices.ts', import.meta.url));

/** How long finding devices may take, in milliseconds: a driver may hang. */
const limit = 10_000;

/** The links that udev makes to a node. */
export interface NodeLinks {
  /** `/dev/v4l/by-id/…`: maker, product and serial number. */
  readonly id?: string;
  /** `/dev/v4l/by-path/…`: where it is plugged in. */
  readonly path?: string;
}

/**
 * Finds the capture devices of this machine, in a child process.
 *
 * @param closed paths of cameras that are switched off: they are listed without being opened
 * @param environment the environment of the child process
 * @returns an empty list if that fails or takes too long
 */
export async function listDevices(
  closed: readonly string[],
  environment: ChildEnvironment,
): Promise<readonly Device[]> {
  const nodes = await Promise.all(closed.map((path) => realpath(path).catch(() => path)));
  const [found, links] = await Promise.all([enumerate(nodes, environment), nodeLinks()]);
  return nameDevices(found, links);
}

/**
 * Gives each device a stable path: by its id; by its port if two devices have the same id, since udev makes only one link
 * for them; by its bus address if it has no links.
 */
export function nameDevices(found: readonly FoundDevice[], links: ReadonlyMap<string, NodeLinks>): readonly Device[] {
  return found.map(({ node, name, bus, modes }, index) => {
    const { id, path } = links.get(node) ?? {};
    const hasTwin = found.some((other) => other.node !== node && other.name === name && other.bus !== bus);
    const twinsShareId =
      hasTwin && found.some((other) => other.name === name && links.get(other.node)?.id === undefined);
    const earlier = found.slice(0, index).filter((other) => other.bus === bus).length;
    const place = bus === null || bus === '' ? node : busPath(bus, earlier);
    const stable = (twinsShareId ? (path ?? place) : (id ?? path)) ?? place;
    return { path: stable, node, name, ...(bus === null ? {} : { bus }), modes };
  });
}

async function enumerate(closed: readonly string[], environment: ChildEnvironment): Promise<readonly FoundDevice[]> {
  const { promise, resolve } = Promise.withResolvers<readonly FoundDevice[]>();
  try {
    const child = forkShortLived(entry, closed, { limit, environment });
    child.once('message', (message) => resolve(message as readonly FoundDevice[]));
    child.once('error', () => resolve([]));
    child.once('exit', () => resolve([]));
  } catch {
    return [];
  }
  return promise;
}

/** The links that udev has made, by node (`/dev/video0`). */
async function nodeLinks(): Promise<ReadonlyMap<string, NodeLinks>> {
  const links = new Map<string, NodeLinks>();
  for (const kind of ['path', 'id'] as const) {
    const folder = `/dev/v4l/by-${kind}`;
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      const link = join(folder, name);
      const node = await realpath(link).catch(() => null);
      // One port may have two names, one for USB 2 and one for USB 3; the first one is used.
      if (node !== null && links.get(node)?.[kind] === undefined) links.set(node, { ...links.get(node), [kind]: link });
    }
  }
  return links;
}

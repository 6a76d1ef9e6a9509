import { fork } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FoundDevice } from '../channel/messages.ts';
import type { Device } from '../domain/mode.ts';

const entry = fileURLToPath(new URL('../capture/list-devices.ts', import.meta.url));

/** How long looking for devices may take, in milliseconds: a wedged driver must not hold up the rest. */
const limit = 10_000;

/**
 * Finds the capture devices of this machine, in a process of its own.
 *
 * @returns none when looking fails or takes too long.
 */
export async function listDevices(): Promise<readonly Device[]> {
  const [found, links] = await Promise.all([enumerate(), stableNames()]);
  return found.map(({ node, name, modes }) => ({ path: links.get(node) ?? node, node, name, modes }));
}

function enumerate(): Promise<readonly FoundDevice[]> {
  const child = fork(entry, [], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: limit,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as readonly FoundDevice[]));
    child.once('error', () => resolve([]));
    child.once('exit', () => resolve([]));
  });
}

/**
 * The names that stay the same when devices are plugged in another order: `/dev/v4l/by-id/…`, and `by-path` for those
 * of which there are two alike (then their ids collide and udev keeps only one link).
 *
 * @returns a map from node (`/dev/video0`) to link.
 */
async function stableNames(): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const folder of ['/dev/v4l/by-path', '/dev/v4l/by-id']) {
    for (const link of await readdir(folder).catch(() => [])) {
      const path = join(folder, link);
      const node = await realpath(path).catch(() => null);
      if (node !== null) names.set(node, path);
    }
  }
  return names;
}

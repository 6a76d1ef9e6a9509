import { readdir, readFile, readlink, realpath } from 'node:fs/promises';

/** A program that has a device open. */
export interface DeviceUser {
  readonly pid: number;
  /** The program's short name, as in `ps`. */
  readonly name: string;
  /** True for a process that this one has started: one of Porthole's own captures. */
  readonly isOwn: boolean;
}

/**
 * Finds the programs that have a device open, as far as this user may see them (proc(5), /proc/PID/fd).
 *
 * @param path the device's node or a link to it
 */
export async function deviceUsers(path: string): Promise<readonly DeviceUser[]> {
  const node = await realpath(path).catch(() => path);
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const users = await Promise.all(
    processes.map(async (pid): Promise<DeviceUser | null> => {
      const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
      for (const descriptor of descriptors) {
        if ((await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')) !== node) continue;
        const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'another program');
        return { pid: Number(pid), name: name.trim(), isOwn: (await parentOf(pid)) === process.pid };
      }
      return null;
    }),
  );
  return users.filter((user) => user !== null && user.pid !== process.pid) as DeviceUser[];
}

/** The parent of a process (proc_pid_stat(5)): the second field after the name, which may contain anything. */
async function parentOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return Number(stat.slice(stat.lastIndexOf(')') + 1).split(' ')[2]);
}

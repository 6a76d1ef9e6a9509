import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { MissingWebcams } from '../../domain/cameras/found-webcam.ts';

/** What {@link missingWebcams} looks at; the defaults are this machine's. */
export interface MissingWebcamsOptions {
  /** The folder of the nodes. */
  readonly folder?: string;
  /** Fails with EACCES for a node that this process may not open. */
  readonly mayOpen?: (node: string) => Promise<void>;
  /** The content of /etc/group: group(5). */
  readonly groups?: () => Promise<string>;
  readonly user?: string;
}

/**
 * Says why webcams are missing: nodes that may not be opened, or nodes that are no cameras.
 *
 * @param found nodes of the webcams that were found
 * @returns null if there are webcams and every node may be opened
 */
export async function missingWebcams(
  found: readonly string[],
  options: MissingWebcamsOptions = {},
): Promise<MissingWebcams | null> {
  const { folder = '/dev', mayOpen = (node) => access(node, constants.R_OK | constants.W_OK) } = options;
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^video\d+$/.test(name));
  const nodes = names.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5))).map((name) => join(folder, name));
  const closed: string[] = [];
  for (const node of nodes) {
    await mayOpen(node).catch((error: unknown) => {
      if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) closed.push(node);
    });
  }
  const [first] = closed;
  if (first !== undefined) return { kind: 'forbidden', nodes: closed, ...(await ownership(first, options)) };
  if (found.length > 0) return null;
  if (nodes.length > 0) return { kind: 'other-devices', nodes };
  const marks = await Promise.all(['/.dockerenv', '/run/.containerenv'].map((file) => stat(file).catch(() => null)));
  return { kind: 'none', isContainer: marks.some((mark) => mark !== null) };
}

/** The group of a node, and whether the user of this process is in it by now. */
async function ownership(
  node: string,
  { groups = () => readFile('/etc/group', 'utf8'), user = userName() }: MissingWebcamsOptions,
): Promise<{ readonly user: string; readonly group: string; readonly isMember: boolean }> {
  const [gid, lines] = await Promise.all([
    stat(node).then(
      (facts) => String(facts.gid),
      () => '',
    ),
    groups().catch(() => ''),
  ]);
  const entries = lines.split('\n').map((line) => line.split(':'));
  const [group = 'video', , , members = ''] = entries.find((entry) => entry[2] === gid) ?? [];
  // A group of root's is no group to be in.
  if (gid === '0') return { user, group: 'video', isMember: false };
  return { user, group, isMember: members.split(',').includes(user) };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? ''); // A user without an entry in passwd(5), as in containers.
  }
}

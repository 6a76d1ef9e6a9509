import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('with-v4l2', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Emulation on a busy machine, in seconds; alone it takes a sixth of that. */
export const machineLimit = 900;

/** What became of a check, as the guest wrote it. */
export interface GuestResult {
  readonly check: string;
  /** What went wrong; null if nothing did. */
  readonly problem: string | null;
  readonly milliseconds: number;
}

/** What a run of the virtual machine left. */
export interface GuestRun {
  readonly results: ReadonlyMap<string, GuestResult>;
  /** What the machine printed. */
  readonly output: string;
}

/** True if this machine cannot run the virtual one, after saying so in one line. */
export function lacksMachine(): boolean {
  const { stdout, status } = spawnSync(script, ['--check'], { encoding: 'utf8' });
  const missing = stdout.trim().split(/\s+/).join(', ');
  if (status === 0 && missing === '') return false;
  const packages = 'qemu-system-x86 linux-image-amd64 busybox-static cpio kmod v4l2loopback-dkms linux-headers-amd64';
  process.stderr.write(`Skipped: a real V4L2 driver; missing: ${missing} (on Debian: apt-get install ${packages}).\n`);
  return true;
}

/**
 * Runs a program of this folder in the virtual machine; once more if a check of it fails. Node.js under emulation was seen
 * to crash on an assertion of V8's own, so a check counts as failed when it fails in two boots.
 *
 * @param folder as for {@link bootGuest}
 */
export async function runGuest(program: string, folder: string): Promise<GuestRun> {
  const first = await bootGuest(program, folder, 'first');
  const failed = [...first.results.values()].filter(({ problem }) => problem !== null);
  if (first.results.size > 0 && failed.length === 0) return first;
  for (const { check, problem } of failed) process.stderr.write(`Once more: ${check}: ${problem ?? ''}\n`);
  return bootGuest(program, folder, 'second');
}

/**
 * Boots the virtual machine for one run of a program. Its arguments are the folder with the clips and the folder for
 * its results, a line of JSON for each check in `results.jsonl`.
 *
 * @param folder the guest may write to a folder in it, and the clips are in `folder/clips`
 */
async function bootGuest(program: string, folder: string, boot: string): Promise<GuestRun> {
  const out = join(folder, boot);
  await mkdir(out, { recursive: true });
  // The guest sees the host's files but an empty /tmp: what it reads travels in the folder it may write to.
  await promisify(execFile)('cp', ['-r', join(folder, 'clips'), out]);
  const guest = fileURLToPath(new URL(program, import.meta.url));
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', guest, '/mnt/clips', '/mnt'];
  const output = await promisify(execFile)(script, ['--time', String(machineLimit), '--out', out, ...command], {
    cwd: root,
  }).then(
    ({ stdout }) => stdout,
    (error: unknown) => String(error) + ((error as { stdout?: string }).stdout ?? ''),
  );
  const file = join(out, 'results.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const results = lines.map((line) => JSON.parse(line) as GuestResult);
  return { results: new Map(results.map((result) => [result.check, result])), output };
}

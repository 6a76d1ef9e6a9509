import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('with-v4l2', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Emulation with what a busy machine leaves, in seconds; alone it takes a fifth of that. */
export const machineLimit = 1_500;

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
  /** The server's log, then what the machine printed. */
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

/** What V8 prints when an assertion of its own fails, and QEMU when one of the machine's does. */
const crash = /# Fatal error in|Kernel panic|qemu-system-x86_64: (?!terminating)|'exit SIG(?:SEGV|ILL|TRAP|ABRT|BUS)'/;

/**
 * Runs a program of this folder in the virtual machine; once more if not Porthole but what it runs on has failed, as
 * V8's own assertions were seen to do under emulation.
 *
 * @param folder as for {@link bootGuest}
 */
export async function runGuest(program: string, folder: string): Promise<GuestRun> {
  const first = await bootGuest(program, folder, 'first');
  const reason = crash.exec(first.output)?.[0];
  if (reason === undefined) return first;
  process.stderr.write(`The virtual machine is booted once more: it said "${reason}".\n`);
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
  const options = { cwd: root, maxBuffer: 16 * 1024 * 1024 };
  const said = await promisify(execFile)(
    script,
    ['--time', String(machineLimit), '--out', out, ...command],
    options,
  ).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: Error & { stdout?: string; stderr?: string }) => `${error.stdout}${error.stderr}${error.message}`,
  );
  const log = join(out, 'server.log');
  const output = existsSync(log) ? `${readFileSync(log, 'utf8')}\n${said}` : said;
  const file = join(out, 'results.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const results = lines.map((line) => JSON.parse(line) as GuestResult);
  return { results: new Map(results.map((result) => [result.check, result])), output };
}

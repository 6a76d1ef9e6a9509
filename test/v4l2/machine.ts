import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('with-v4l2', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The time limit for emulation on a busy machine, in seconds. On an idle one it takes a fifth of that. */
export const machineLimit = 1_500;

/** The result of a check, as the guest writes it. */
export interface GuestResult {
  readonly check: string;
  /** The error; null if the check passed. */
  readonly problem: string | null;
  readonly milliseconds: number;
}

/** The result of a run of the virtual machine. */
export interface GuestRun {
  readonly results: ReadonlyMap<string, GuestResult>;
  /** The server's log, followed by the machine's output. */
  readonly output: string;
}

/** True if this machine cannot run the virtual one, which it prints in one line. */
export function lacksMachine(): boolean {
  const { stdout, status } = spawnSync(script, ['--check'], { encoding: 'utf8' });
  const missing = stdout.trim().split(/\s+/).join(', ');
  if (status === 0 && missing === '') return false;
  const packages = 'qemu-system-x86 linux-image-amd64 busybox-static cpio kmod v4l2loopback-dkms linux-headers-amd64';
  process.stderr.write(`Skipped: a real V4L2 driver; missing: ${missing} (on Debian: apt-get install ${packages}).\n`);
  return true;
}

/** The output of V8 when one of its assertions fails, and of QEMU when the guest crashes. */
const crash = /# Fatal error in|Kernel panic|qemu-system-x86_64: (?!terminating)|'exit SIG(?:SEGV|ILL|TRAP|ABRT|BUS)'/;

/**
 * Runs a program of this folder in the virtual machine. It is run again if the platform failed instead of Porthole,
 * because V8's assertions have failed under emulation.
 *
 * @param folder see {@link bootGuest}
 */
export async function runGuest(program: string, folder: string): Promise<GuestRun> {
  const first = await bootGuest(program, folder, 'first');
  const reason = crash.exec(first.output)?.[0];
  if (reason === undefined) return first;
  process.stderr.write(`The virtual machine is booted once more: it said "${reason}".\n`);
  return bootGuest(program, folder, 'second');
}

/**
 * Boots the virtual machine for one run of a program. The arguments of the program are the folder with the clips and
 * the folder for its results, where it writes a line of JSON per check to `results.jsonl`.
 *
 * @param folder contains the clips in `clips`, and a folder that the guest writes to
 */
async function bootGuest(program: string, folder: string, boot: string): Promise<GuestRun> {
  const out = join(folder, boot);
  await mkdir(out, { recursive: true });
  // The guest sees the host's files but an empty /tmp, so its input lies in the folder that it may write to.
  await promisify(execFile)('cp', ['-r', join(folder, 'clips'), out]);
  const guest = fileURLToPath(new URL(program, import.meta.url));
  // The guest does not get the environment.
  const built = `PORTHOLE_TEST_BUILT=${process.env.PORTHOLE_TEST_BUILT ?? ''}`;
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
  const command = ['env', built, ...node, guest, '/mnt/clips', '/mnt'];
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

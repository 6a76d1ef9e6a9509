import { closeSync, openSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'koffi';

/** Linux: `<linux/landlock.h>`, and the system calls' numbers, which are the same on all processors. */
const [create, addRule, restrictSelf] = [444, 445, 446];
const versionFlag = 1;
const pathBeneath = 1;
const O_PATH = 0o10000000;
const READ_FILE = 1 << 2;
const READ_DIR = 1 << 3;
const MAKE_CHAR = 1 << 6;
const MAKE_BLOCK = 1 << 11;
const EXECUTE = 1 << 0;
/** Rights that a file has; others belong to folders. EXECUTE, WRITE_FILE, READ_FILE, and TRUNCATE. */
const ofFiles = 0b111 | (1 << 14);
/** By version: the first one knows 13 rights, the second one REFER, and the third one TRUNCATE. */
const rightsOf = (version: number): number => 2 ** Math.min(15, 12 + version) - 1;
/** More rules than this take too long. */
const mostRules = 1_000;

/** The files that a capture may reach. */
export interface SandboxOptions {
  /** Files and folders that it must not read. */
  readonly hidden: readonly string[];
  /** Files and folders that it may read nevertheless. */
  readonly readable: readonly string[];
  /** Folders in which it may write, in addition to devices and temporary files. */
  readonly writable: readonly string[];
}

/**
 * Restricts this thread, and every thread that it starts from now on, with Landlock (landlock(7)): they read no hidden file,
 * write to devices, temporary files and the given folders only, start no programs, and see nothing of processes outside,
 * such as the server's environment.
 *
 * @returns false where the kernel does not offer it; then nothing has changed
 */
export function enterSandbox(options: SandboxOptions): boolean {
  try {
    return process.platform === 'linux' && restrict(options);
  } catch {
    return false; // A folder around a hidden one cannot be listed.
  }
}

function restrict({ hidden, readable, writable }: SandboxOptions): boolean {
  const c = load(null);
  const call = c.func('long syscall(long number, void *attributes, size_t size, uint32_t flags)');
  const callWith = c.func('long syscall(long number, int ruleset, int type, void *rule, uint32_t flags)');
  const version = Number(call(create, null, 0, versionFlag));
  if (version < 1) return false;
  const all = rightsOf(version);
  const secret = hidden.flatMap(real);
  const visible = outside('/', secret);
  const temporary = ['/dev', '/proc', tmpdir()].flatMap(real).flatMap((folder) => outside(folder, secret));
  const ruleset = Number(call(create, Buffer.from(BigUint64Array.of(BigInt(all)).buffer), 8, 0));
  if (ruleset < 0) return false;
  let rules = 0;
  const allow = (path: string, rights: number): void => {
    try {
      const descriptor = openSync(path, O_PATH);
      const rule = Buffer.alloc(12);
      rule.writeBigUInt64LE(BigInt(statSync(path).isDirectory() ? rights : rights & ofFiles));
      rule.writeInt32LE(descriptor, 8);
      if (Number(callWith(addRule, ruleset, pathBeneath, rule, 0)) === 0) rules += 1;
      closeSync(descriptor);
    } catch {
      // It has gone, or this user cannot reach it anyway.
    }
  };
  const reading = READ_FILE | READ_DIR;
  const writing = all & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK);
  for (const path of visible.length > mostRules ? ['/'] : visible) allow(path, reading);
  for (const path of readable) allow(path, reading);
  for (const path of [...temporary, ...writable]) allow(path, writing);
  // A filter of system calls may forbid some of the three.
  const restricted = rules > 0 && Number(callWith(restrictSelf, ruleset, 0, null, 0)) === 0;
  closeSync(ruleset);
  return restricted;
}

/**
 * The largest folders in a folder that contain nothing hidden. No links, since what they lead to is listed too; and no files,
 * because the kernel keeps a file that a rule names: its space would not be free once it is deleted.
 */
function outside(folder: string, hidden: readonly string[]): readonly string[] {
  const inside = folder === '/' ? '/' : `${folder}/`;
  if (hidden.includes(folder)) return [];
  if (!hidden.some((path) => path.startsWith(inside))) return [folder];
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.flatMap(({ name }) => outside(join(folder, name), hidden));
}

function real(path: string): readonly string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}

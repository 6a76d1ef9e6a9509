// Brings a checkout up to date: locked packages, then the build. Runs on Node.js 20 or newer with nothing installed, so it
// uses only Node's own modules.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the compiled messages are. */
const compiledMessages = join(root, 'src', 'messages', 'compiled');

/** Everything that `dist/` is built from: a change in any of it makes the build stale. */
const buildInputs = ['src', 'scripts', 'vite.config.ts', 'tsconfig.json', 'package-lock.json'];

/** Everything that `src/messages/compiled/` is made from. */
const messageInputs = ['src/messages', 'scripts/build-messages.mjs', 'package-lock.json'];

/**
 * Installs missing packages and builds `dist/` if it is stale. A tree that is up to date is left alone, so it may be
 * read-only; without `src/`, as in the container image, the build is always up to date.
 *
 * @param {{ developing?: boolean }} options `developing`: install the packages of builds and tests in any case
 */
export function prepare({ developing = false } = {}) {
  const stamp = join(root, 'dist', 'stamp');
  const hash = existsSync(join(root, 'src')) ? hashOf(buildInputs) : null;
  const isStale = hash !== null && !(existsSync(stamp) && readFileSync(stamp, 'utf8') === hash);
  installPackages(developing || isStale);
  if (developing || isStale) compileMessages();
  if (!isStale) return;
  console.error('Building Porthole …');
  run(nodePath(), [join(root, 'scripts', 'build.mjs'), hash]);
}

/** Compiles the messages unless they are up to date. */
function compileMessages() {
  const stamp = join(compiledMessages, 'stamp');
  const hash = hashOf(messageInputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  run(nodePath(), [join(root, 'scripts', 'build-messages.mjs'), hash]);
}

/**
 * Installs the locked packages if the installed ones differ from package-lock.json. Ends the process with npm's exit code
 * if that fails.
 *
 * @param {boolean} developing also those that only builds and tests need
 */
function installPackages(developing) {
  if (packagesMatchLock(developing)) return;
  console.error('Installing packages (once; this may take a minute) …');
  const scope = developing ? '--include=dev' : '--omit=dev';
  // npm tells its own path to the scripts that it runs; with it no shell is needed, not even on Windows.
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [command, ...args] = [...npm, 'ci', '--no-audit', '--no-fund', '--loglevel=error', scope];
  run(command, args);
}

/** The Node.js to run Porthole with: this one if it is new enough, else the pinned one that came with the packages. */
export function nodePath() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(pinned)) return pinned;
  console.error(
    `Porthole needs Node.js 24 or newer; this is ${process.versions.node}, and no packaged Node.js exists for ` +
      `${process.platform} on ${process.arch}. Install it from nodejs.org or your system, then try again.`,
  );
  process.exit(1);
}

/** True if every package that the lock demands is installed in the locked version. */
function packagesMatchLock(developing) {
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedPath)) return false;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, entry]) => {
    if (path === '' || installed[path]?.version === entry.version) return true;
    // Packages for another platform need not be installed, nor those for development.
    const dispensable = entry.optional || entry.peer || ((entry.dev || entry.devOptional) && !developing);
    return installed[path] === undefined && dispensable === true;
  });
}

/** SHA-256 over the names and contents of files and folders, except for tests and for what is made from them, as hex. */
function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const full = join(root, path);
    const files = path.includes('.')
      ? [full]
      : readdirSync(full, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
          .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
          .filter((path) => !path.startsWith(compiledMessages))
          .sort();
    for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/**
 * Runs a program to its end with this terminal, its output on standard error; a failure ends this process with the same
 * exit code.
 */
export function run(command, args, options = {}) {
  const status = exitCodeOf(command, args, { stdio: ['inherit', 2, 2], ...options });
  if (status !== 0) process.exit(status);
}

/** Runs a program to its end in the repository's root and gives its exit code, as a shell would. */
export function exitCodeOf(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) console.error(`${command} could not be started: ${result.error.message}`);
  return result.status ?? (result.signal === null ? 1 : 128 + constants.signals[result.signal]);
}

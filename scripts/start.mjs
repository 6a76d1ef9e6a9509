// `npm start`, `npm run build` and `npm run porthole`: installs and builds what is missing, then becomes the program.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildPages, installPackages, nodePath, root } from './install.mjs';

const args = process.argv.slice(2);
const buildOnly = args[0] === '--build-only';
const program = args[0] === '--run' ? args.splice(0, 2)[1] : 'src/main.ts';

installPackages();
buildPages();
// What a picture needs is freed with it; room for more would only stay unused. This takes a fifth off the memory of the
// server, and as much off that of each capture process, which inherits the environment (glibc, mallopt(3)).
process.env.MALLOC_ARENA_MAX ??= '1';
// Room for a third more objects before V8 looks through all of them: 600 viewers at once bring a seventh more.
const flags = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=4',
  '--heap-growing-percent=30',
  '--expose-gc',
];
if (!buildOnly) become(nodePath(), [...flags, join(root, program), ...args]);

/** Replaces this process by the program where the system can (execve), else runs it as a child and hands on signals. */
function become(node, argv) {
  // Paths that a person types are relative to where they stand, which npm tells.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  process.chdir(cwd);
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.removeAllListeners('warning');
    process.execve(node, [node, ...argv], process.env);
  }
  const child = spawn(node, argv, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

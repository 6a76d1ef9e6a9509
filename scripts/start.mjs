// Installs and builds what is missing, then becomes a program: the built server, or the one that `--run PROGRAM` names.
// `--build-only` ends after the build. `npm start`, `npm run dev`, `npm run build`, `npm run porthole` and `npm run bench`
// use it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { nodePath, prepare, root } from './install.mjs';

const args = process.argv.slice(2);
const buildOnly = args[0] === '--build-only';
const program = args[0] === '--run' ? args.splice(0, 2)[1] : 'dist/server/main.js';

prepare({ developing: program.endsWith('.ts') });
// One arena: the memory of a frame is freed with the frame, so further arenas would hold unused memory. Takes a fifth off
// the memory of the server and of each capture process, which inherits the environment (glibc, mallopt(3)).
process.env.MALLOC_ARENA_MAX ??= '1';
const flags = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=4',
  // How much more V8 holds before it marks the whole heap. The frames of an IP camera stay up to its next keyframe, and count
  // as long as they stay: 16 cameras take a quarter less CPU than with 30, and 11 MB more. 600 viewers at once add a seventh.
  '--heap-growing-percent=70',
  '--expose-gc',
];
if (!buildOnly) become(nodePath(), [...flags, join(root, program), ...args]);

/** Replaces this process with the program where that is possible (execve), else runs it as a child and forwards signals. */
function become(node, argv) {
  // Relative paths on the command line start from the folder in which npm was run.
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

import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { ConfigError, readConfig, type Config } from './config/config.ts';

/** How long closing may take before the process exits anyway, in milliseconds. */
const closeLimit = 2_800;

/** How long after the start every lazily loaded module is loaded, in milliseconds. */
const lateModules = 8_000;

/** How often to check whether npm is still running, in milliseconds. */
const orphanCheck = 1_000;

/** Reads the command line, runs Porthole until a signal ends it, and sets the exit code. */
async function main(): Promise<void> {
  const command = readCommand();
  if (command === null) return;
  if (command.kind !== 'run') {
    console.log(command.text);
    return;
  }
  const { config } = command;
  // New files are readable by this user only.
  process.umask(0o077);
  const { prepareDataFolder } = await import('./store/data-folder.ts');
  const warning = await prepareDataFolder(config.data);
  // Caching compiled code saves a third of the start time, also in capture processes.
  // The cache lies in the data folder, because Porthole writes nowhere else.
  const cache = join(config.data, 'cache');
  enableCompileCache(cache);
  const captureEnvironment = { ...config.captureEnvironment, NODE_COMPILE_CACHE: cache };
  await run({ ...config, captureEnvironment }, warning);
}

/** @param warning a warning about the data folder for admins, or null */
async function run(config: Config, warning: string | null): Promise<void> {
  const [{ App }, { createLog }, { UnusedMemory }] = await Promise.all([
    import('./app.ts'),
    import('./log.ts'),
    import('./channel/unused-memory.ts'),
  ]);
  const log = await createLog(config);
  if (warning !== null) log.warn({}, warning);
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      end(0);
    });
  }
  if (config.endsWithParent) {
    whenOrphaned(() => {
      log.info({}, 'npm has exited, stopping');
      end(0);
    });
  }
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected error, stopping');
    end(1);
  });
  const opening = App.open(config, log);
  // A signal may arrive before everything is open.
  const app = await Promise.race([opening, ended.then(() => null)]);
  if (app !== null) {
    // Writes the cache after the first start of a version. Otherwise Node would write it on exit and delay that by
    // seconds. Lazily loaded modules follow later.
    flushCompileCache();
    setTimeout(flushCompileCache, lateModules).unref();
    UnusedMemory.start();
    console.log(`Listening on ${app.url}`);
    if (app.setupUrl !== null) console.log(`Set up the first account: ${app.setupUrl}`);
  }
  const code = await ended;
  setTimeout(() => process.exit(code), closeLimit).unref();
  await (app ?? (await opening)).close();
  log.info({}, 'stopped');
  process.exit(code);
}

function readCommand(): ReturnType<typeof readConfig> | null {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) console.error(problem);
    process.exitCode = 2;
    return null;
  }
}

/** Calls back when the parent process has exited. */
function whenOrphaned(callback: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, orphanCheck);
  timer.unref();
}

interface ListenError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  /** The option that sets the port, if it isn't `port`. */
  readonly option?: string;
}

/** Explains an error in a sentence, with the technical detail in parentheses. */
function explain(error: unknown): string {
  const { detail } = error as { detail?: unknown };
  if (typeof detail === 'string') return `${(error as Error).message} (${detail})`;
  const { code, message, address, port, option } = error as ListenError;
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use by another program. Choose another with --${option ?? 'port'}, or stop that program.`;
  if (code === 'EACCES' && port !== undefined)
    return `This user has no permission to use port ${port}. Choose one above 1023 with --${option ?? 'port'}.`;
  if (code === 'EADDRNOTAVAIL') return `This machine does not have the address ${address}. Choose another with --host.`;
  return message;
}

try {
  await main();
} catch (error) {
  console.error(`Porthole could not start: ${explain(error)}`);
  process.exit(1);
}

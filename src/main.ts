import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { ConfigError, readConfig, type Config } from './config/config.ts';

/** How long an orderly end may take, in milliseconds; then it ends anyway. */
const closeLimit = 2_800;

/** When all that is loaded late has been loaded, in milliseconds after the start. */
const lateModules = 8_000;

/** How often to look whether npm still runs, in milliseconds. */
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
  // Whatever is written is for this user alone.
  process.umask(0o077);
  // What V8 compiled last time: a third of the start, also of each capture process, which inherits the environment. In
  // the data folder, since nothing is written elsewhere.
  const cache = join(config.data, 'cache');
  enableCompileCache(cache);
  // eslint-disable-next-line no-restricted-properties -- written for the processes that it starts, not read
  process.env.NODE_COMPILE_CACHE = cache;
  const { prepareDataFolder } = await import('./store/data-folder.ts');
  await prepareDataFolder(config.data);
  await run(config);
}

async function run(config: Config): Promise<void> {
  const [{ App }, { createLog }] = await Promise.all([import('./app.ts'), import('./log.ts')]);
  const log = await createLog(config);
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      end(0);
    });
  }
  if (config.endsWithParent) {
    whenOrphaned(() => {
      log.info({}, 'npm has ended: stopping');
      end(0);
    });
  }
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'something went wrong that nobody expected; stopping');
    end(1);
  });
  const opening = App.open(config, log);
  // A signal may come before everything is open.
  const app = await Promise.race([opening, ended.then(() => null)]);
  if (app !== null) {
    // Writes something only after the first start of a version. Node would else do it at the end, and keep a signal
    // waiting for seconds; what is loaded a moment later follows a moment later.
    flushCompileCache();
    setTimeout(flushCompileCache, lateModules).unref();
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

/** Calls back when the process that started this one has ended. */
function whenOrphaned(callback: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, orphanCheck);
  timer.unref();
}

/** What the system says when an address cannot be listened on, in words. */
function explain(error: unknown): string {
  const { code, message, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use by another program. Choose another with --port, or end that program.`;
  if (code === 'EACCES' && port !== undefined)
    return `Port ${port} may not be used by this user. Choose one above 1023 with --port.`;
  if (code === 'EADDRNOTAVAIL') return `This machine does not have the address ${address}. Choose another with --host.`;
  return message;
}

try {
  await main();
} catch (error) {
  console.error(`Porthole could not start: ${explain(error)}`);
  process.exit(1);
}

import { PortholeError } from '../domain/errors.ts';
import { ConfigError } from '../config/config.ts';
import { helpText, readCommand, UsageError } from './command.ts';

/**
 * The admin command line: `npm run --silent porthole -- users add ada`. It works on the data folder, whether the server
 * is running or not. Results go to the standard output, everything else to the standard error. The exit code is 0 for
 * success, 1 for a failure and 2 for an invalid command.
 */
async function main(): Promise<number> {
  try {
    const command = readCommand(process.argv.slice(2));
    if (command.kind === 'help') {
      console.log(helpText);
      return 0;
    }
    const { perform } = await import('./perform.ts');
    return await perform(command);
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigError) {
      console.error(`${error.message}\nTry "npm run porthole -- --help".`);
      return 2;
    }
    if (!(error instanceof PortholeError)) throw error;
    console.error(error.message);
    console.error(`(${[error.code, error.detail].filter(Boolean).join(': ')})`);
    return 1;
  }
}

process.exitCode = await main();

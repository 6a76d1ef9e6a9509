import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { programPath } from './programs.ts';

const source = fileURLToPath(new URL('fakemic.c', import.meta.url));

/** A fake microphone for programs that are started with its environment. */
export interface FakeMicrophone {
  /** Its ALSA name. */
  readonly name: string;
  /** The log of its uses so far: `open` and `close`, in turn. */
  events(): Promise<readonly string[]>;
  /** Adds the environment variables that make it available to a program. */
  environment(others: Readonly<Record<string, string>>): Record<string, string>;
}

/**
 * Builds the microphone. Check `lacks('cc')` first.
 *
 * @param folder the folder for its library and its log
 */
export async function buildFakeMicrophone(folder: string): Promise<FakeMicrophone> {
  const library = join(folder, 'fakemic.so');
  const log = join(folder, 'microphone.log');
  await promisify(execFile)(programPath('cc'), ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl', '-lm']);
  return {
    name: 'hw:29,0',
    events: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    environment: ({ LD_PRELOAD: preload, ...others }) => ({
      ...others,
      LD_PRELOAD: preload === undefined ? library : `${preload}:${library}`,
      FAKEMIC_LOG: log,
    }),
  };
}

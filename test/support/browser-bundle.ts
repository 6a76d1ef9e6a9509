import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';

/** Bundles a file of this folder, or a package, into a script for a page. */
export async function browserBundle(entry: string): Promise<string> {
  const outputs = (await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(import.meta.resolve(entry)), formats: ['iife'], name: 'bundle' },
    },
  })) as Rolldown.RolldownOutput[];
  const chunk = outputs[0]?.output.find((each) => each.type === 'chunk');
  if (chunk === undefined) throw new TypeError(`${entry} has no code`);
  return chunk.code;
}

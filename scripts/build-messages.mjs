// Compiles the messages of `src/messages/` into `src/messages/compiled/`: `node scripts/build-messages.mjs HASH`, where HASH
// is that of the messages. Types need none of it (src/messages/messages.d.ts); everything that runs does.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { compileProject } from '@inlang/paraglide-js';
import { loadProjectFromDirectory } from '@inlang/sdk';
import { root } from './install.mjs';

const source = join(root, 'src', 'messages');
const compiled = join(source, 'compiled');

/** Stands in for Paraglide's runtime of 60 KB, which negotiates languages in browsers: here the server does that. */
const runtime = `export { currentLanguage as getLocale } from '../language.ts';
export const experimentalStaticLocale = undefined;
`;

/** Paraglide's tools also write notes of their own next to the settings, which nothing here needs. */
const reading = {
  ...fs,
  writeFileSync: () => {},
  promises: { ...fs.promises, writeFile: async () => {}, mkdir: async () => {} },
};

write(await compile());

/** @returns the compiled files, by their paths in `compiled/` */
async function compile() {
  const project = await loadProjectFromDirectory({ path: join(source, 'project.inlang'), fs: reading });
  const errors = await project.errors.get();
  if (errors.length > 0) throw new AggregateError(errors, `The messages cannot be read: ${errors[0].message}`);
  const output = await compileProject({ project, compilerOptions: { outputStructure: 'locale-modules' } });
  await project.close();
  const used = Object.entries(output).filter(([path]) => /^(messages\/|messages\.js$|registry\.js$)/.test(path));
  return { ...Object.fromEntries(used), 'runtime.js': runtime, stamp: process.argv[2] ?? '' };
}

/** Writes the files, the stamp last. A file is replaced in one step: other processes may be reading it. */
function write(files) {
  fs.mkdirSync(join(compiled, 'messages'), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    const fresh = join(compiled, `.fresh-${process.pid}`);
    fs.writeFileSync(fresh, text);
    fs.renameSync(fresh, join(compiled, path));
  }
}

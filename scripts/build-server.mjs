// Bundles the server, the command line and the processes and threads that they start, as plain JavaScript.
import { cpSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'vite';
import { root } from './install.mjs';
import { oneBytePerCharacter } from './one-byte-code.mjs';

const source = join(root, 'src');
const dist = join(root, 'dist');

/**
 * Packages that load a native library from their own folder, and so stay in `node_modules`. All others become part of the
 * bundle, which halves the start time: Node.js reads forty files instead of two thousand.
 */
const external = /^(koffi|node-datachannel|sharp)(\/|$)/;

/** What is started by hand, and the pages, which share their messages with the server. */
const entries = ['main.ts', 'cli/main.ts', 'pages/index.tsx'].map((path) => join(source, path));

/** How modules refer to a file or folder relative to themselves. */
const ownFile = /new URL\(\s*['"]([^'"]+)['"],\s*import\.meta\.url\s*\)/g;
/** The same while bundling, with a path relative to `dist/`: the final path depends on the chunk that the module is in. */
const placeholder = /new URL\((['"])dist:([^'"]*)\1,\s*import\.meta\.url\)/g;

/**
 * Writes `server/` below the folder: `main.js`, `cli/main.js`, and the programs that they start, named as in `src/`, and
 * `pages/`.
 *
 * @param {string} folder what becomes `dist/`
 */
export async function buildServer(folder) {
  const output = join(folder, 'server');
  const { programs, files } = findOwnFiles();
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [placeOwnFiles, oneBytePerCharacter],
    // Only for documents in YAML: @fastify/swagger is used for JSON alone.
    resolve: { alias: { yaml: join(root, 'scripts/no-yaml.mjs') } },
    ssr: { noExternal: true, external: ['koffi', 'node-datachannel', 'sharp'] },
    build: {
      ssr: true,
      target: 'node24',
      outDir: output,
      minify: false,
      // The licences of the bundled packages, which must accompany their code.
      license: { fileName: 'licences.md' },
      rollupOptions: {
        external,
        input: Object.fromEntries(
          [...entries, ...programs].map((path) => [relative(source, path).replace(/\.tsx?$/, ''), path]),
        ),
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js', comments: { jsdoc: false } },
      },
    },
  });
  for (const file of files) cpSync(file, join(folder, placeOf(file)));
  // Where the server looks for the pages, also if it runs from its sources: Node.js does not read JSX.
  mkdirSync(join(folder, 'pages'));
  writeFileSync(join(folder, 'pages/index.js'), "export * from '../server/pages/index.js';\n");
}

/** The programs that the source starts as processes or threads, and other files that it refers to. */
function findOwnFiles() {
  const modules = readdirSync(source, { recursive: true })
    .filter((name) => /(?<!\.test|\.d)\.tsx?$/.test(name) && !name.startsWith('browser'))
    .map((name) => join(source, name));
  const found = modules.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(ownFile)].map(([, target]) => resolve(dirname(path), target)),
  );
  const inSource = [...new Set(found)].filter((path) => path.startsWith(source) && statSync(path).isFile());
  return {
    programs: inSource.filter((path) => path.endsWith('.ts')),
    files: inSource.filter((path) => !path.endsWith('.ts')),
  };
}

/** The path in the built tree of a file of the repository, relative to `dist/`. */
function placeOf(path) {
  if (!path.startsWith(source)) return relative(dist, path);
  return join('server', relative(source, path)).replace(/\.ts$/, '.js');
}

/** Makes each `new URL('…', import.meta.url)` of the source point to the corresponding file of the built tree. */
const placeOwnFiles = {
  name: 'porthole:own-files',
  enforce: 'pre',
  transform(code, id) {
    if (!id.startsWith(source)) return null;
    const placed = code.replace(
      ownFile,
      (_, path) => `new URL('dist:${placeOf(resolve(dirname(id), path))}', import.meta.url)`,
    );
    return placed === code ? null : { code: placed, map: null };
  },
  renderChunk(code, { fileName }) {
    const folder = dirname(join('server', fileName));
    const placed = code.replace(placeholder, (_, quote, path) => {
      const target = `${relative(folder, path) || '.'}${path === '' ? '/' : ''}`;
      return `new URL(${quote}${target}${quote}, import.meta.url)`;
    });
    return placed === code ? null : { code: placed, map: null };
  },
};

// Builds what browsers get: scripts, style sheet, icons and the web app's manifest.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { drawIcons } from './build-icons.mjs';
import { root } from './install.mjs';

/**
 * Writes `public/` and `assets.json` below the folder.
 *
 * @param {string} folder what becomes `dist/`
 */
export async function buildBrowser(folder) {
  await buildScripts(folder);
  await drawIcons(join(folder, 'public'));
  compressTexts(join(folder, 'public'));
}

/** Style sheet and scripts with hashed names, and `assets.json`, which says what they are called. */
async function buildScripts(folder) {
  const publicFolder = join(folder, 'public');
  await build({ root, configFile: join(root, 'vite.config.ts'), build: { outDir: publicFolder, emptyOutDir: true } });
  const manifestPath = join(publicFolder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
  const entries = Object.values(manifest);
  const assets = Object.fromEntries(
    entries.filter((entry) => entry.isEntry).map((entry) => [entry.name, `/${entry.file}`]),
  );
  // Vite names an entry that is a style sheet after its file.
  assets.style ??= `/${entries.find((entry) => entry.file.endsWith('.css')).file}`;
  delete assets.index;
  // What a script imports is asked for with the page, not when the script before it has come.
  assets.imports = Object.fromEntries(
    entries
      .filter(({ isEntry, name }) => isEntry && name in assets)
      .map((entry) => [entry.name, importsOf(entry, manifest)]),
  );
  for (const name of ['style', 'live', 'player', 'photos', 'settings']) {
    if (typeof assets[name] !== 'string') throw new Error(`The build made no ${name}.`);
  }
  // Other sites know the player by a name that never changes.
  writeFileSync(join(publicFolder, 'player.js'), `export * from '.${assets.player}';\n`);
  rmSync(manifestPath);
  writeFileSync(join(folder, 'assets.json'), `${JSON.stringify(assets, null, 2)}\n`);
}

/** The addresses of all that a script of the manifest imports at once, and what that imports. */
function importsOf({ imports = [] }, manifest, found = new Set()) {
  for (const name of imports) {
    if (found.has(`/${manifest[name].file}`)) continue;
    found.add(`/${manifest[name].file}`);
    importsOf(manifest[name], manifest, found);
  }
  return [...found];
}

/** Puts a compressed copy beside each text file: what a browser gets, made once here and not for each request. */
function compressTexts(publicFolder) {
  for (const name of readdirSync(publicFolder, { recursive: true })) {
    if (!/\.(js|css|svg|webmanifest)$/.test(name)) continue;
    const path = join(publicFolder, name);
    const text = readFileSync(path);
    const size = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
    writeFileSync(`${path}.br`, brotliCompressSync(text, { params: size }));
    writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
  }
}

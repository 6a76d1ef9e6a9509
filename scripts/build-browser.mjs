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

/** Builds the style sheet and scripts, with hashes in their names, and `assets.json`, which lists these names. */
async function buildScripts(folder) {
  const publicFolder = join(folder, 'public');
  await build({ root, configFile: join(root, 'vite.config.ts'), build: { outDir: publicFolder, emptyOutDir: true } });
  const manifestPath = join(publicFolder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
  const entries = Object.values(manifest);
  const assets = Object.fromEntries(
    entries.filter((entry) => entry.isEntry).map((entry) => [entry.name, `/${entry.file}`]),
  );
  // Vite names the entry of a style sheet after its file.
  assets.style ??= `/${entries.find((entry) => entry.file.endsWith('.css')).file}`;
  delete assets.index;
  // Pages preload the imports of their scripts, so that the browser need not wait for each script to find the next.
  assets.imports = Object.fromEntries(
    entries
      .filter(({ isEntry, name }) => isEntry && name in assets)
      .map((entry) => [entry.name, importsOf(entry, manifest)]),
  );
  for (const name of ['style', 'live', 'player', 'photos', 'settings']) {
    if (typeof assets[name] !== 'string') throw new Error(`The build has no entry "${name}".`);
  }
  // Other sites load the player by this name, which never changes.
  writeFileSync(join(publicFolder, 'player.js'), `export * from '.${assets.player}';\n`);
  rmSync(manifestPath);
  writeFileSync(join(folder, 'assets.json'), `${JSON.stringify(assets, null, 2)}\n`);
}

/** The paths of a script's static imports, and of theirs. */
function importsOf({ imports = [] }, manifest, found = new Set()) {
  for (const name of imports) {
    if (found.has(`/${manifest[name].file}`)) continue;
    found.add(`/${manifest[name].file}`);
    importsOf(manifest[name], manifest, found);
  }
  return [...found];
}

/** Writes compressed copies of each text file next to it, so that no request has to compress. */
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

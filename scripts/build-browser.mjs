// Builds what browsers get: scripts, style sheet, icons and the web app's manifest.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { drawIcons } from './build-icons.mjs';
import { root } from './install.mjs';

const messages = join(root, 'src', 'messages');
/** The first language is the one of messages that another language lacks. Its scripts are directly in `assets/`. */
const { locales: languages } = JSON.parse(readFileSync(join(messages, 'project.inlang', 'settings.json'), 'utf8'));

/**
 * Writes `public/` and `assets.json` below the folder.
 *
 * @param {string} folder what becomes `dist/`
 */
export async function buildBrowser(folder) {
  const publicFolder = join(folder, 'public');
  const assets = {};
  for (const language of languages) {
    assets[language] = await buildScripts(publicFolder, language);
    // Other sites load the player by a name that never changes, and get the one in their visitor's language.
    writeFileSync(join(publicFolder, `player.${language}.js`), `export * from '.${assets[language].player}';\n`);
  }
  // All languages share one style sheet.
  for (const language of languages) assets[language].style = assets[languages[0]].style;
  writeFileSync(join(folder, 'assets.json'), `${JSON.stringify(assets, null, 2)}\n`);
  await drawIcons(publicFolder);
  compressTexts(publicFolder);
}

/**
 * Builds the scripts of one language, with hashes in their names, and with the first language the style sheet.
 *
 * @returns the paths of the entries by their names, and of what each of them imports
 */
async function buildScripts(publicFolder, language) {
  const isFirst = language === languages[0];
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    plugins: [onlyLanguage(language)],
    build: {
      outDir: publicFolder,
      emptyOutDir: isFirst,
      assetsDir: isFirst ? 'assets' : `assets/${language}`,
    },
  });
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
  for (const name of ['style', 'live', 'player', 'photos', 'settings', 'ptz']) {
    if (typeof assets[name] !== 'string') throw new Error(`The build has no entry "${name}".`);
  }
  rmSync(manifestPath);
  if (!isFirst) rmSync(join(publicFolder, assets.style));
  return assets;
}

/** Makes `#messages` those of one language, so that scripts contain each message that they use once, and nothing else. */
function onlyLanguage(language) {
  return {
    name: 'porthole:language',
    enforce: 'pre',
    resolveId: (id) => (id === '#messages' ? '\0messages' : null),
    load: (id) =>
      id === '\0messages'
        ? `export * as m from ${JSON.stringify(join(messages, 'compiled', 'messages', `${language}.js`))};`
        : null,
  };
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

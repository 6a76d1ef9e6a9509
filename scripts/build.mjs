// Builds what browsers get and the bundle that renders pages: `node scripts/build.mjs HASH`. Everything is made in a
// folder beside `dist/` and swapped in at the end, so a build that fails leaves the last good one alone.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { build } from 'vite';
import { root } from './install.mjs';

const hash = process.argv[2] ?? '';
const fresh = join(root, `.dist-${process.pid}`);
const publicFolder = join(fresh, 'public');

try {
  await buildBrowser();
  await buildPages();
  await drawIcons();
  compressTexts();
  writeFileSync(join(fresh, 'stamp'), hash);
  swap();
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

/** Style sheet and scripts with hashed names, and `assets.json`, which says what they are called. */
async function buildBrowser() {
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
  writeFileSync(join(fresh, 'assets.json'), `${JSON.stringify(assets, null, 2)}\n`);
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

/** The pages as one module without dependencies, which the server imports. */
async function buildPages() {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: 'src/pages/index.tsx',
      target: 'node24',
      outDir: join(fresh, 'pages'),
      rollupOptions: { output: { entryFileNames: 'index.js' } },
    },
  });
}

/** The mark as favicon and app icons, in the colours of the tokens, and the manifest that names them. */
async function drawIcons() {
  const tokens = readFileSync(join(root, 'src/pages/styles/tokens.css'), 'utf8');
  const [darkAccent, lightAccent] = valuesOf(tokens, 'accent');
  const [background] = valuesOf(tokens, 'bg');
  const mark = readFileSync(join(root, 'src/pages/mark.svg'), 'utf8');
  const shapes = mark.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '');
  const frame = mark.match(/<svg([^>]*)>/)[1];
  writeFileSync(
    join(publicFolder, 'favicon.svg'),
    `<svg${frame}><style>svg{color:${lightAccent}}@media(prefers-color-scheme:dark){svg{color:${darkAccent}}}</style>${shapes}</svg>\n`,
  );
  mkdirSync(join(publicFolder, 'icons'));
  /** `part`: how much of the square the mark takes; a maskable icon keeps it within the middle 80 %. */
  const draw = async (name, size, part, corner) => {
    const inset = (32 / part - 32) / 2;
    const side = 32 + 2 * inset;
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="${-inset} ${-inset} ${side} ${side}">` +
      `<rect x="${-inset}" y="${-inset}" width="${side}" height="${side}" rx="${corner * side}" fill="${background}"/>` +
      `<g color="${darkAccent}" fill="none" stroke="currentColor" stroke-linecap="round">${shapes}</g></svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(publicFolder, 'icons', `${name}.png`));
  };
  await draw('192', 192, 0.68, 0.22);
  await draw('512', 512, 0.68, 0.22);
  await draw('maskable-512', 512, 0.56, 0);
  writeFileSync(
    join(publicFolder, 'manifest.webmanifest'),
    `${JSON.stringify({
      name: 'Porthole',
      short_name: 'Porthole',
      description: 'Live cameras, at a glance.',
      id: '/',
      start_url: '/',
      scope: '/',
      display: 'standalone',
      background_color: background,
      theme_color: background,
      icons: [
        { src: '/icons/192.png', sizes: '192x192', type: 'image/png' },
        { src: '/icons/512.png', sizes: '512x512', type: 'image/png' },
        { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        { src: '/favicon.svg', sizes: 'any', type: 'image/svg+xml' },
      ],
    })}\n`,
  );
}

/** Puts a compressed copy beside each text file: what a browser gets, made once here and not for each request. */
function compressTexts() {
  for (const name of readdirSync(publicFolder, { recursive: true })) {
    if (!/\.(js|css|svg|webmanifest)$/.test(name)) continue;
    const path = join(publicFolder, name);
    const text = readFileSync(path);
    const size = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
    writeFileSync(`${path}.br`, brotliCompressSync(text, { params: size }));
    writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
  }
}

/** The values that a custom property takes, dark first. */
function valuesOf(css, name) {
  return [...css.matchAll(new RegExp(`--${name}:\\s*([^;]+);`, 'g'))].map((match) => match[1]);
}

/** Puts the fresh build in the old one's place; the old one is kept aside until the new one stands. */
function swap() {
  const dist = join(root, 'dist');
  const old = `${fresh}-old`;
  rmSync(old, { recursive: true, force: true });
  try {
    renameSync(dist, old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

// Builds `dist/`: `node scripts/build.mjs HASH`, where HASH is that of the sources. Everything is made in a folder next to
// `dist/` and swapped in at the end, so a build that fails leaves the last good one alone.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBrowser } from './build-browser.mjs';
import { buildServer } from './build-server.mjs';
import { root } from './install.mjs';

const hash = process.argv[2] ?? '';
const fresh = join(root, `.dist-${process.pid}`);

try {
  await buildBrowser(fresh);
  await buildServer(fresh);
  writeFileSync(join(fresh, 'stamp'), hash);
  swap();
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

/** Replaces the old build with the fresh one. The old one is removed last. */
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

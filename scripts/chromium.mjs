// Finds the Chromium that browser tests drive, and installs Debian's package where that may be done.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { exitCodeOf } from './install.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The path of a Chromium or Chrome: PORTHOLE_CHROMIUM, /usr/bin/chromium, else the first on PATH; null without one. */
export function findChromium() {
  const chosen = process.env.PORTHOLE_CHROMIUM;
  if (chosen) return existsSync(chosen) ? chosen : null;
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}

/**
 * {@link findChromium}, installing Debian's package first when there is none and this is root on a Debian. Says in one
 * line how to get it when that fails.
 */
export function needChromium() {
  const found = findChromium();
  if (found !== null) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && !process.env.PORTHOLE_CHROMIUM) {
    console.error('Installing Chromium for the browser tests (once) …');
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: ['ignore', 2, 2] };
    exitCodeOf('apt-get', ['-q', 'update'], options);
    exitCodeOf('apt-get', ['-q', '-y', 'install', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], options);
  }
  const installed = findChromium();
  if (installed === null) {
    console.error(
      'The browser tests are skipped: there is no Chromium. Install it (on Debian: sudo apt-get install chromium) or set PORTHOLE_CHROMIUM to its path.',
    );
  }
  return installed;
}

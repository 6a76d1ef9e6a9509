// Finds the Chromium for browser tests, and installs Debian's package if that is possible.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { exitCodeOf } from './install.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The path of Chromium or Chrome: PORTHOLE_CHROMIUM, else in /usr/bin, else the first on PATH; null if not installed. */
export function findChromium() {
  const chosen = process.env.PORTHOLE_CHROMIUM;
  if (chosen) return existsSync(chosen) ? chosen : null;
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}

/**
 * Like {@link findChromium}, but installs Debian's package if none is found and this is root on Debian. If that fails,
 * prints how to install it.
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
      'The browser tests are skipped: Chromium is not installed. Install it (on Debian: sudo apt-get install chromium) or set PORTHOLE_CHROMIUM to its path.',
    );
  }
  return installed;
}

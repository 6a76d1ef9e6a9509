// What processes load, because loaded code is most of their memory (docs/performance.md).
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildFakeCamera } from '../support/fakecam.ts';
import { openMultipart } from '../support/multipart-reader.ts';
import { root, Started } from '../support/npm-start.ts';
import { childrenOf } from '../support/processes.ts';
import { lacks } from '../support/programs.ts';
import { adminPassword } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const built = join(root, 'dist/server');

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts/start.mjs'), '--build-only'], { cwd: root, stdio: 'ignore' });
});

/** The code of modules of the built tree and of all modules that are loaded with them. */
function loadedWith(...entries: readonly string[]): string {
  const loaded = new Map<string, string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    const code = readFileSync(path, 'utf8');
    loaded.set(path, code);
    for (const [, imported = ''] of code.matchAll(/^(?:import|export) (?:[^'"()]+ from )?"(\.[^"]+)";$/gm)) {
      load(resolve(dirname(path), imported));
    }
  };
  for (const entry of entries) load(join(built, entry));
  return [...loaded.values()].join('\n');
}

/** The packages that bundled code comes from, by the comments of the bundler. */
function packagesIn(code: string): ReadonlySet<string> {
  const names = code.matchAll(/^\s*\/\/ (?:#region )?node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//gm);
  return new Set([...names].map(([, name = '']) => name));
}

/** The chunk that contains the source file, such as `src/app.ts`. */
function chunkOf(source: string): string {
  const chunk = readdirSync(join(built, 'chunks')).find((name) =>
    readFileSync(join(built, 'chunks', name), 'utf8').includes(`// ${source}\n`),
  );
  if (chunk === undefined) throw new Error(`No chunk contains ${source}`);
  return `chunks/${chunk}`;
}

/** The packages with a native library that a process has loaded. */
function nativePackagesOf(pid: number): ReadonlySet<string> {
  const libraries = readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(
    /\/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/\S*\.(?:node|so)/g,
  );
  return new Set([...libraries].map(([, name = '']) => name));
}

describe('the built server at its start', () => {
  const code = () => loadedWith('main.js', chunkOf('src/app.ts'), 'pages/index.js');

  it('does not load what only sign-ins, photos, WebRTC or Postgres need', () => {
    const packages = packagesIn(code());
    expect(packages).toContain('fastify');
    const lazy = [
      'better-auth',
      'zod',
      'jose',
      'pg',
      'zip-stream',
      'pino-pretty',
      'node-av',
      'yaml',
      'mp4box',
      'hls.js',
    ];
    expect(lazy.filter((name) => packages.has(name))).toEqual([]);
    expect(code()).not.toMatch(/^import .*"(?:sharp|node-datachannel)"/m);
  });

  it('loads 3.6 MB of code, not megabytes more', () => {
    expect(code().length).toBeLessThan(4_200_000);
  });

  // Otherwise Node.js keeps it with two bytes per character.
  it('has only ASCII in its code', () => {
    const isOther = (name: string): boolean => /[^\0-\x7f]/.test(readFileSync(join(built, name), 'utf8'));
    const files = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter(isOther)).toEqual([]);
  });
});

describe('a capture process', () => {
  it.each(['capture/main.js', 'capture/v4l2/reader-thread.js'])('%s loads little and no package', (entry) => {
    const code = loadedWith(entry);
    expect([...packagesIn(code)]).toEqual([]);
    expect(code.length).toBeLessThan(220_000);
  });
});

describe('a server with one viewer of a webcam', () => {
  it.skipIf(lacks('cc'))(
    'has loaded neither sharp nor node-datachannel nor FFmpeg, in none of its processes',
    async () => {
      await using data = await temporaryFolder();
      await using device = await temporaryFolder();
      const webcam = await buildFakeCamera(device.path);
      const args = ['--host', '127.0.0.1', '--port', '0', '--data', data.path, '--access', 'public'];
      const command = [
        process.execPath,
        join(built, 'main.js'),
        ...args,
        '--camera',
        `front=${webcam.device}`,
      ] as const;
      await using server = new Started([...command], root, {
        ...webcam.environment({}),
        PORTHOLE_ADMIN_PASSWORD: adminPassword,
      });
      const url = await server.listening();
      expect((await fetch(`${url}/login`)).status).toBe(200);
      using viewer = await openMultipart(`${url}/cameras/front/stream.mjpeg`);
      await viewer.take(3);
      const pid = server.child.pid as number;
      const captures = childrenOf(pid);
      expect(captures).toHaveLength(1);
      for (const each of [pid, ...captures]) {
        const packages = [...nativePackagesOf(each)];
        expect(packages.some((name) => name.includes('koffi'))).toBe(true);
        expect(packages.filter((name) => !name.includes('koffi'))).toEqual([]);
      }
    },
  );
});

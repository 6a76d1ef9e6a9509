// The built tree runs without sources and without the packages that only builds and tests need.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildFakeCamera } from '../support/fakecam.ts';
import { openMultipart } from '../support/multipart-reader.ts';
import { root, Started } from '../support/npm-start.ts';
import { lacks } from '../support/programs.ts';
import { adminPassword } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const basic = { authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}` };
const onlyBuilt = join(root, 'test/support/only-built.mjs');
const environment = {
  PORTHOLE_ADMIN_PASSWORD: adminPassword,
  PORTHOLE_LOG_FORMAT: 'json',
  NODE_OPTIONS: `--import=${onlyBuilt}`,
};

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts/start.mjs'), '--build-only'], { cwd: root, stdio: 'ignore' });
});

/** Copies the tree of the Dockerfile's last stage. Packages are symbolic links. */
async function copyTree(folder: string): Promise<void> {
  const lines = (await readFile(join(root, 'Dockerfile'), 'utf8')).split('\n');
  const copied = lines
    .filter((line) => line.startsWith('COPY --from=build '))
    .flatMap((line) => line.split(' ').slice(2, -1))
    .map((path) => path.replace('/opt/porthole/', ''));
  for (const path of copied.filter((path) => path !== 'node_modules')) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(root, path), join(folder, path), { recursive: true });
  }
  expect(copied).toContain('node_modules');
  for (const path of await runtimePackages()) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(root, path), join(folder, path));
  }
  await cp(join(root, 'node_modules/.package-lock.json'), join(folder, 'node_modules/.package-lock.json'));
}

/** The packages that `npm prune --omit=dev` keeps, without those nested in others. */
async function runtimePackages(): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(root, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(
      ([path, { dev, devOptional }]) =>
        dev !== true && devOptional !== true && path.split('node_modules/').length === 2,
    )
    .map(([path]) => path);
}

/** Starts the server as the container does. */
function start(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const command = [process.execPath, 'scripts/start.mjs', '--host', '127.0.0.1', '--port', '0', ...args] as const;
  return new Started([...command], folder, { ...environment, ...env });
}

describe('the built tree', () => {
  it('has neither TypeScript nor the tools of the build nor the packages that are bundled', async () => {
    await using tree = await temporaryFolder();
    await copyTree(tree.path);
    const files = await readdir(tree.path, { recursive: true });
    expect(files.filter((name) => /\.tsx?$/.test(name) && !name.startsWith('node_modules'))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['dist/server/main.js', 'node_modules/sharp']));
    for (const each of ['vite', 'rolldown', 'lucide-static', 'typescript', 'fastify']) {
      expect(files).not.toContain(`node_modules/${each}`);
    }
  });

  it.each(['fastify', 'kysely', 'node-av'])('holds the licence of %s, which is bundled', async (name) => {
    const licences = await readFile(join(root, 'dist/server/licences.md'), 'utf8');
    expect(licences).toMatch(new RegExp(`^## ${name} - .*\\n\\n\\S`, 'm'));
  });

  it('serves pages, streams, photos and its command line', async () => {
    await using tree = await temporaryFolder();
    await using data = await temporaryFolder();
    await copyTree(tree.path);
    await using server = start(tree.path, ['--data', data.path, '--camera', 'front=test:?width=320&height=240&fps=15']);
    const url = await server.listening();
    for (const rendition of ['source', '160']) {
      using viewer = await openMultipart(`${url}/cameras/front/stream.mjpeg?width=${rendition}`, { headers: basic });
      await viewer.take(2);
    }
    for (const path of [
      '/',
      '/photos',
      '/settings',
      '/api/openapi.json',
      '/player.js',
      '/metrics',
      '/cameras/front/snapshot.jpg',
    ]) {
      expect((await fetch(`${url}${path}`, { headers: basic })).status, path).toBe(200);
    }
    const hls = await fetch(`${url}/cameras/front/index.m3u8`, { headers: basic });
    expect(await hls.text()).toContain('#EXTM3U');
    const photo = await fetch(`${url}/api/cameras/front/photos`, { method: 'POST', headers: basic });
    expect(photo.status).toBe(201);
    const list = ['dist/server/cli/main.js', 'users', 'list', '--data', data.path];
    const env = { ...process.env, ...environment };
    expect(execFileSync(process.execPath, list, { cwd: tree.path, env, encoding: 'utf8' })).toContain('admin');
    server.signalGroup('SIGTERM');
    expect(await server.ended()).toEqual({ code: 0, signal: null });
    expect(server.output).not.toMatch(/"level":"(warn|error|fatal)"|not part of the built tree/);
  });

  it.skipIf(lacks('cc'))('reads a webcam in a thread, and its controls', async () => {
    await using tree = await temporaryFolder();
    await using data = await temporaryFolder();
    // Not in the data folder, whose files captures cannot read.
    await using device = await temporaryFolder();
    await copyTree(tree.path);
    const webcam = await buildFakeCamera(device.path);
    const args = ['--data', data.path, '--camera', `front=${webcam.device}`];
    await using server = start(tree.path, args, webcam.environment({}));
    const url = await server.listening();
    const devices = await fetch(`${url}/api/devices`, { headers: basic });
    expect(devices.status).toBe(200);
    using viewer = await openMultipart(`${url}/cameras/front/stream.mjpeg`, { headers: basic });
    await viewer.take(3);
    const controls = await fetch(`${url}/api/cameras/front/controls`, { headers: basic });
    expect(controls.status).toBe(200);
  });
});

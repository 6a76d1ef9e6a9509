// From start to end: signals, crashes, and leftover processes.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildFakeCamera } from '../support/fakecam.ts';
import { openMultipart } from '../support/multipart-reader.ts';
import { npmStart, root, runMain, Started } from '../support/npm-start.ts';
import { lacks } from '../support/programs.ts';
import { adminPassword, startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { captures, watch } from '../support/watching.ts';

/** The promised limit, in milliseconds. */
const endLimit = 3_000;
const orphanLimit = 2_000;

const camera = ['--camera', 'front=test:?width=320&height=240&fps=15'];
const basic = { authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}` };
const environment = { PORTHOLE_ADMIN_PASSWORD: adminPassword, PORTHOLE_LOG_FORMAT: 'json' };

beforeAll(() => {
  // Installed and built, so that npm start only starts.
  execFileSync(process.execPath, [join(root, 'scripts/start.mjs'), '--build-only'], { cwd: root, stdio: 'ignore' });
});

/** A camera's lifecycle messages in a log, in order. */
function lifeOf(log: TestServer['log']): readonly string[] {
  return log.flatMap(({ msg }) => /^camera (initialised|released)/.exec(msg ?? '')?.[0] ?? []);
}

function complaints(output: string): readonly string[] {
  return output.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line));
}

describe.each(['SIGTERM', 'SIGINT'] as const)('on %s', (signal) => {
  it('everything ends in order: viewers, cameras, then the server with exit code 0', async () => {
    const server = await startServer({ args: camera });
    const token = await server.token();
    using viewer = await watch(server, token);
    await viewer.take(3);
    expect(captures(server)).toHaveLength(1);
    const asked = performance.now();
    await server.stop(signal);
    expect(performance.now() - asked, 'milliseconds from the signal to the end').toBeLessThan(endLimit);
    await viewer.untilEnded();
    expect(lifeOf(server.log)).toEqual(['camera initialised', 'camera released']);
    expect(complaints(server.output)).toEqual([]);
  });

  it('to the whole process group of npm start, everything ends in order and no process remains', async () => {
    await using data = await temporaryFolder();
    await using started = npmStart(['--data', data.path, ...camera], { env: environment });
    const url = await started.listening();
    using viewer = await openMultipart(`${url}/stream`, { headers: basic });
    await viewer.take(3);
    started.signalGroup(signal);
    // npm itself gets the signal too, and may end before the server with another code than 0.
    await expect.poll(() => started.processes, { timeout: endLimit, interval: 20 }).toEqual([]);
    await started.ended();
    expect(started.output).toContain('"msg":"stopped"');
    expect(started.output).toContain('camera released');
    expect(complaints(started.output)).toEqual([]);
  });
});

describe('the server that npm start has become', () => {
  it('ends npm with it', async () => {
    await using data = await temporaryFolder();
    await using started = npmStart(['--data', data.path, ...camera], { env: environment });
    const url = await started.listening();
    using viewer = await openMultipart(`${url}/stream`, { headers: basic });
    await viewer.take(1);
    const server = started.processes.find(({ command }) => command.includes('dist/server/main.js'));
    process.kill(server?.pid ?? 0, 'SIGTERM');
    expect(await started.ended()).toEqual({ code: 0, signal: null });
    expect(started.processes).toEqual([]);
  });

  it('ends when npm is told to end, although npm forwards no signal', async () => {
    await using data = await temporaryFolder();
    await using started = npmStart(['--data', data.path, ...camera], { env: environment });
    const url = await started.listening();
    using viewer = await openMultipart(`${url}/stream`, { headers: basic });
    await viewer.take(1);
    process.kill(started.child.pid ?? 0, 'SIGTERM');
    await expect.poll(() => started.processes, { timeout: 10_000, interval: 100 }).toEqual([]);
    expect(started.output).toContain('camera released');
  });
});

describe('after kill -9 of the server', () => {
  async function leavesNothing(server: TestServer): Promise<void> {
    expect(captures(server)).toHaveLength(1);
    await server.crash();
    await expect.poll(() => server.children, { timeout: orphanLimit, interval: 50 }).toEqual([]);
  }

  it('no capture process remains', async () => {
    const server = await startServer({ args: camera });
    try {
      using viewer = await watch(server, await server.token());
      await viewer.take(3);
      await leavesNothing(server);
    } finally {
      await server.kill();
    }
  });

  it.skipIf(lacks('cc'))('no capture process remains, though its camera is wedged', async () => {
    await using folder = await temporaryFolder();
    const webcam = await buildFakeCamera(folder.path);
    const server = await startServer({
      args: ['--camera', `front=${webcam.device}`],
      env: webcam.environment({ STALL_AFTER: 5 }),
    });
    try {
      using viewer = await watch(server, await server.token());
      await viewer.take(4);
      await leavesNothing(server);
    } finally {
      await server.kill();
    }
  });

  it('it starts again on the same data', async () => {
    await using data = await temporaryFolder();
    const first = await startServer({ args: camera, data: data.path });
    const token = await first.token();
    await first.crash();
    await first.kill();
    await using second = await startServer({ args: camera, data: data.path });
    using viewer = await watch(second, token);
    await viewer.take(1);
  });
});

/** True if a tree can be made read-only for a single process. */
const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

/** Every file of the product with its size and modification time, as one string. */
async function listing(): Promise<string> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const lines = files
    .filter((file) => !file.parentPath.includes('/.git'))
    .map(async (file) => {
      const path = join(file.parentPath, file.name);
      const found = await stat(path).catch(() => null);
      return found?.isFile() === true ? `${path} ${found.size} ${found.mtimeMs}` : path;
    });
  return (await Promise.all(lines)).sort().join('\n');
}

describe('npm start on an installed and built tree', () => {
  it.skipIf(!mayMount)('runs when the tree is read-only', async () => {
    await using data = await temporaryFolder();
    await using copy = await temporaryFolder();
    // Permissions do not restrict root, but a read-only mount does. Only this process and its children see it.
    const script = `mount --bind "$0" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && ! touch src/touched && shift && exec npm start -- "$@"`;
    const args = ['--host', '127.0.0.1', '--port', '0', '--data', data.path, ...camera];
    const command = ['unshare', '-m', 'sh', '-c', script, root, copy.path, ...args] as const;
    await using started = new Started([...command], copy.path, environment);
    const url = await started.listening();
    expect(started.output, 'the tree really is read-only').toContain('Read-only file system');
    using viewer = await openMultipart(`${url}/stream`, { headers: basic });
    await viewer.take(2);
    const page = await fetch(`${url}/`, { headers: basic });
    expect(page.status).toBe(200);
    const photo = await fetch(`${url}/api/cameras/front/photos`, { method: 'POST', headers: basic });
    expect(photo.status).toBe(201);
    started.signalGroup('SIGTERM');
    await expect.poll(() => started.processes, { timeout: endLimit, interval: 20 }).toEqual([]);
    await started.ended();
    expect(started.output).toContain('"msg":"stopped"');
    expect(complaints(started.output)).toEqual([]);
    expect((await readdir(data.path)).length).toBeGreaterThan(1);
  });

  it('changes none of its files', async () => {
    await using data = await temporaryFolder();
    const before = await listing();
    await using started = npmStart(['--data', data.path, ...camera], { env: environment });
    const url = await started.listening();
    const photo = await fetch(`${url}/api/cameras/front/photos`, { method: 'POST', headers: basic });
    expect(photo.status).toBe(201);
    started.signalGroup('SIGTERM');
    await expect.poll(() => started.processes, { timeout: 15_000 }).toEqual([]);
    expect(await listing()).toBe(before);
  });
});

describe('a start that fails', () => {
  it('names the port that another program uses, and exits with 1', async () => {
    await using data = await temporaryFolder();
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = other.address() as AddressInfo;
      await using started = runMain(['--data', data.path, '--port', String(port), ...camera]);
      expect((await started.ended()).code).toBe(1);
      expect(started.output).toContain(`Port ${port} is in use by another program.`);
      expect(started.output, 'words, no stack').not.toContain('    at ');
    } finally {
      other.close();
    }
  });

  it.each([
    [['--port', 'eighty'], /port.*eighty/],
    [['--colour', 'red'], /colour/],
    [['--access', 'everybody'], /access.*everybody/],
    [['--camera', 'front'], /camera/],
    [['--camera', 'front=ftp://camera/'], /camera.*ftp/s],
    [['--camera', 'front=test:?width=-5'], /width/],
  ])('names the option that is wrong in %j, and exits with 2', async (args, words) => {
    await using data = await temporaryFolder();
    await using started = runMain(['--data', join(data.path, 'data'), ...args]);
    expect((await started.ended()).code).toBe(2);
    expect(started.output).toMatch(words);
    expect(started.output, 'words, no stack').not.toContain('    at ');
    expect(await readdir(data.path), 'nothing is left behind').toEqual([]);
  });

  it('says that the data folder is not a folder, and exits with 1', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'data');
    await writeFile(file, 'not a folder');
    await using started = runMain(['--data', file, '--port', '0', ...camera]);
    expect((await started.ended()).code).toBe(1);
    expect(started.output).toContain('The data folder cannot be written.');
    expect(started.output, 'words, no stack').not.toContain('    at ');
  });
});

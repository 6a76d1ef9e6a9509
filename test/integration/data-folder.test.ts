// One server for each data folder, whose permissions and place are the admin's.
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runMain } from '../support/npm-start.ts';
import { startServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const camera = ['--camera', 'front=test:?width=320&height=240&fps=10'];

/** A folder with a file of another program. */
async function sharedFolder(mode: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-shared-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'letter.txt'), 'Dear Ada');
  await chmod(folder, mode);
  return folder;
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o7777).toString(8);
}

describe('a data folder', () => {
  it('is refused to a second server with the pid of the first, until that has crashed', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const first = await startServer({ data, args: camera });
    const second = runMain(['--host', '127.0.0.1', '--port', '0', '--data', data]);
    expect(await second.ended()).toEqual({ code: 1, signal: null });
    expect(second.output.trim().split('\n')).toEqual([
      expect.stringContaining(`Another Porthole (process ${first.pid}) already uses the data folder ${data}.`),
    ]);
    // The command line works, and the first server has noticed nothing.
    expect((await first.cli('users', 'list')).stdout).toContain('admin');
    expect((await (await first.signIn()).request('/api/photos')).status).toBe(200);
    await first.crash();
    await using third = await startServer({ data });
    expect((await third.client().request('/healthz')).status).toBe(200);
    await first.kill();
  });

  it('that was moved away makes writes fail in words, and all is well once it is back', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    await using server = await startServer({ data, args: camera });
    const admin = await server.signIn();
    expect((await admin.send('POST', '/api/cameras/front/photos')).status).toBe(201);
    await rename(data, `${data}-away`);
    const user = { username: 'bob', password: 'a good password', role: 'viewer' };
    for (const [path, body] of [
      ['/api/cameras/front/photos', undefined],
      ['/api/users', user],
      ['/api/tokens', { name: 'script' }],
      ['/api/cameras', { name: 'Yard', source: 'test:' }],
    ] as const) {
      const refused = await admin.send('POST', path, body);
      expect([path, refused.status, await refused.json()]).toMatchObject([
        path,
        500,
        { error: { code: 'storage_failed', message: /^The data folder has vanished\. Put it back/ } },
      ]);
    }
    // What needs no writing goes on.
    expect((await admin.request('/cameras/front/snapshot.jpg')).status).toBe(200);
    expect((await admin.request('/api/photos')).status).toBe(200);
    // Nothing was put where the folder was.
    expect(await readdir(folder.path)).toEqual(['data-away']);
    await rename(`${data}-away`, data);
    expect((await admin.send('POST', '/api/cameras/front/photos')).status).toBe(201);
    expect((await admin.send('POST', '/api/users', user)).status).toBe(201);
    expect((await admin.json<{ photos: unknown[] }>('/api/photos')).photos).toHaveLength(2);
    await rename(data, `${data}-away`);
    await mkdir(data);
    const refused = await admin.send('POST', '/api/cameras/front/photos');
    expect(await refused.json()).toMatchObject({ error: { message: /was replaced by another one/ } });
    expect(await readdir(data)).toEqual([]);
    await rm(data, { recursive: true });
    await rename(`${data}-away`, data);
  });

  it('with files of others keeps its permissions, and the log says so', async () => {
    const data = await sharedFolder(0o755);
    await using server = await startServer({ data });
    expect(await modeOf(data)).toBe('755');
    expect(server.log).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: expect.stringContaining('such as letter.txt') as string }),
    );
    for (const name of await readdir(data)) {
      if (name !== 'letter.txt')
        expect([name, Number.parseInt(await modeOf(join(data, name)), 8) & 0o77]).toEqual([name, 0]);
    }
  });

  it('in which every user may write is refused if it has files of others, and stays as it is', async () => {
    const data = await sharedFolder(0o1777);
    const server = runMain(['--host', '127.0.0.1', '--port', '0', '--data', data]);
    expect(await server.ended()).toEqual({ code: 1, signal: null });
    expect(server.output.trim().split('\n')).toEqual([
      expect.stringMatching(
        /Every user may write in .*\. Choose a folder for Porthole alone, such as --data .*\/porthole\.$/,
      ),
    ]);
    expect([await modeOf(data), await readdir(data)]).toEqual(['1777', ['letter.txt']]);
  });
});

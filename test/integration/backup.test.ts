// The backup and the restore that docs/running.md describes, run as written.
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Photo } from '../../src/domain/photo.ts';
import { startServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const camera = ['--camera', 'front=test:?width=320&height=240&fps=15'];

/** The commands of the section on backups, in the order of the page. */
async function commands(): Promise<readonly string[]> {
  const page = await readFile(new URL('../../docs/running.md', import.meta.url), 'utf8');
  const section = /^## Backup$(.*?)^## /ms.exec(page)?.[1] ?? '';
  return [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text);
}

/** Everything in a folder whose mode isn't 0700 for folders and 0600 for files. */
async function readableByOthers(folder: string): Promise<readonly string[]> {
  const names = ['.', ...(await readdir(folder, { recursive: true }))];
  const found = await Promise.all(
    names.map(async (name) => {
      const { mode } = await stat(join(folder, name));
      const wanted = (mode & 0o170000) === 0o040000 ? 0o700 : 0o600;
      return (mode & 0o777) === wanted ? [] : [`${name} ${(mode & 0o777).toString(8)}`];
    }),
  );
  return found.flat();
}

describe('a backup', () => {
  it('of a running server is private, and so is what is restored from it', async ({ skip }) => {
    const found = await run('sqlite3', ['--version']).catch(() => null);
    if (found === null) return skip('needs sqlite3');
    await using folder = await temporaryFolder();
    const [data, kept] = [join(folder.path, 'data'), join(folder.path, 'kept')];
    const [backUp = '', restore = ''] = await commands();
    // The paths, the user and the service of the page are those of this test. The umask is that of most systems.
    const perform = async (text: string): Promise<void> => {
      const here = text
        .replaceAll('/var/lib/porthole', data)
        .replaceAll('/backup', kept)
        .replaceAll('porthole:porthole', `${userInfo().uid}:${userInfo().gid}`)
        .replace(/^sudo (systemctl .*)?/gm, '');
      await run('sh', ['-uc', `umask 022\n${here}`]);
    };

    const server = await startServer({ args: camera, data });
    const admin = await server.signIn();
    const photo = (await (await admin.send('POST', '/api/cameras/front/photos')).json()) as Photo;
    // An earlier backup that everybody may read.
    await mkdir(kept);
    await writeFile(join(kept, 'porthole.db'), '', { mode: 0o644 });
    await perform(backUp);
    await server.stop();
    expect(await readableByOthers(kept)).toEqual([]);
    expect(await readdir(kept)).toEqual(expect.arrayContaining(['photos', 'porthole.db', 'secret']));

    // A medium without modes makes everything readable. A journal of the lost database would damage the restored one.
    await run('chmod', ['-R', 'a=rwx', kept]);
    await writeFile(join(data, 'porthole.db-wal'), 'of another database');
    await perform(restore);
    expect(await readableByOthers(data)).toEqual([]);
    await using restored = await startServer({ args: camera, data });
    const file = await admin.request(new URL(`/photos/${photo.id}/file`, restored.url).href);
    expect([file.status, (await file.arrayBuffer()).byteLength]).toEqual([200, photo.bytes]);
  });
});

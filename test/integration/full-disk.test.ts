// A full disk is no dead end: people sign in, delete photos and revoke tokens, and Porthole starts.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Photo } from '../../src/domain/photo.ts';
import { startServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const camera = ['--camera', 'front=test:?width=640&height=480&fps=15'];

/** A disk of this size; null where this user may not mount one. */
async function smallDisk(megabytes: number): Promise<string | null> {
  const folder = await temporaryFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const disk = join(folder.path, 'disk');
  await mkdir(disk);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk]);
  } catch {
    return null;
  }
  onTestFinished(async () => {
    await run('umount', ['--lazy', disk]);
  });
  return disk;
}

/** Fills a disk to its last byte. */
async function fill(disk: string): Promise<void> {
  const path = join(disk, 'filler');
  await run('sh', ['-c', 'dd if=/dev/zero bs=4k >> "$1" 2> /dev/null; :', 'sh', path]);
  await expect(writeFile(join(disk, 'proof'), 'x'.repeat(8192))).rejects.toMatchObject({ code: 'ENOSPC' });
  await rm(join(disk, 'proof'));
}

describe('on a full disk', () => {
  it('photos stop, and sign-in, deletion, revocation and a restart work', async ({ skip }) => {
    const disk = await smallDisk(16);
    if (disk === null) return skip('needs the right to mount a small disk');
    const data = join(disk, 'data');
    const photo = async (admin: Awaited<ReturnType<typeof first.signIn>>) =>
      admin.send('POST', '/api/cameras/front/photos');

    const first = await startServer({ args: camera, data });
    let before = await first.signIn();
    const taken = (await (await photo(before)).json()) as Photo;
    const other = (await (await photo(before)).json()) as Photo;
    for (let count = 0; count < 10; count += 1) expect((await photo(before)).status).toBe(201);
    const token = await first.token();
    const [{ id } = { id: '' }] = await before.json<{ id: string }[]>('/api/tokens');
    await fill(disk);

    const refused = await photo(before);
    expect(refused.status).toBe(507);
    expect(await refused.json()).toMatchObject({
      error: { code: 'disk_full', message: /photos leave .*\u00a0MB free/ },
    });
    const admin = await first.signIn();
    expect(await (await admin.request('/photos')).text()).toMatch(/No room for photos: the disk has [^<]* left/);
    const asked = { headers: { authorization: `Bearer ${token}`, cookie: '' } };
    expect((await first.client().request('/api/me', asked)).status).toBe(200);
    expect((await admin.send('DELETE', `/api/photos/${taken.id}`)).status).toBe(204);
    expect((await admin.send('POST', '/api/photos/restore', { ids: [taken.id] })).status).toBe(200);
    expect((await admin.send('DELETE', `/api/photos/${taken.id}`)).status).toBe(204);
    expect((await admin.send('DELETE', `/api/tokens/${id}`)).status).toBe(204);
    expect((await first.client().request('/api/me', asked)).status).toBe(401);
    const user = { username: 'bob', password: 'a good password', role: 'viewer' };
    expect((await admin.send('POST', '/api/users', user)).status).toBe(201);
    expect((await before.submit('/logout')).status).toBe(303);
    expect((await before.request('/api/me')).status).toBe(401);
    await first.stop();

    // As after an update from a version without a reserve.
    await rm(join(data, 'reserve'), { force: true });
    await fill(disk);
    await using second = await startServer({ args: camera, data });
    before = await second.signIn('bob', user.password);
    expect((await before.request(`/photos/${other.id}/file`)).status).toBe(200);
    expect((await before.request(`/photos/${taken.id}/file`)).status).toBe(404);
    expect((await before.request(`/photos/${other.id}/thumbnail`)).status).toBe(200);
    expect((await second.client().request('/api/me', asked)).status).toBe(401);
  });

  it('without any room for the database, a deleted photo frees its file first', async ({ skip }) => {
    const disk = await smallDisk(16);
    if (disk === null) return skip('needs the right to mount a small disk');
    const data = join(disk, 'data');
    await using server = await startServer({ args: camera, data });
    const admin = await server.signIn();
    // Photos of the test pattern are small: one alone may be less than the database needs.
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      ids.push(((await (await admin.send('POST', '/api/cameras/front/photos')).json()) as Photo).id);
    }
    expect((await stat(join(data, 'reserve'))).mode & 0o777).toBe(0o600);
    const token = await server.token();
    const [{ id } = { id: '' }] = await admin.json<{ id: string }[]>('/api/tokens');
    // Something else takes the reserve, and changes fill the journal until nothing can be written.
    await fill(disk);
    let status = 201;
    for (let index = 0; status === 201 && index < 500; index += 1) {
      await rm(join(data, 'reserve'), { force: true });
      await fill(disk);
      status = (await admin.send('POST', '/api/tokens', { name: `token ${index}` })).status;
    }
    expect(status).toBe(507);
    // A revocation takes effect all the same.
    const asked = { headers: { authorization: `Bearer ${token}`, cookie: '' } };
    expect((await server.client().request('/api/me', asked)).status).toBe(200);
    const revoked = await admin.send('DELETE', `/api/tokens/${id}`);
    expect([204, 507]).toContain(revoked.status);
    if (revoked.status === 507) {
      expect(await revoked.json()).toMatchObject({ error: { message: /holds until Porthole restarts.*disk is full/ } });
    }
    expect((await server.client().request('/api/me', asked)).status).toBe(401);
    expect((await admin.send('POST', '/api/photos/delete', { ids })).status).toBe(200);
    expect((await admin.json<{ photos: unknown[] }>('/api/photos')).photos).toEqual([]);
    expect((await readdir(join(data, 'photos'), { recursive: true })).filter((name) => name.endsWith('.jpg'))).toEqual(
      [],
    );
    expect(existsSync(join(data, 'reserve'))).toBe(false);
    // Once there is room, it is saved.
    await rm(join(disk, 'filler'));
    const tokens = async () => (await admin.json<{ id: string }[]>('/api/tokens')).map((each) => each.id);
    await expect.poll(tokens, { timeout: 30_000 }).not.toContain(id);
  });
});

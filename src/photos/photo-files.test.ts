import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { PhotoFiles } from './photo-files.ts';

const takenAt = new Date(2026, 10, 22, 14, 32, 8, 77).getTime();

async function withFolder(work: (folder: string, files: PhotoFiles) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-test-'));
  try {
    await work(folder, new PhotoFiles(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('photo files', () => {
  it('stand under their local time and camera, for their owner alone', () =>
    withFolder(async (folder, files) => {
      const name = await files.write(Buffer.from('jpeg'), 'front', takenAt);
      expect(name).toMatch(/^2026-11-22_14-32-08_front_[a-z0-9]{6}\.jpg$/);
      const month = join(folder, 'photos', '2026', '11');
      expect(await readdir(month)).toEqual([name]);
      expect((await stat(join(month, name))).mode & 0o777).toBe(0o600);
      for (const path of [month, join(folder, 'photos', '2026'), join(folder, 'photos')]) {
        expect((await stat(path)).mode & 0o777).toBe(0o700);
      }
      expect(await files.read(name)).toEqual(Buffer.from('jpeg'));
      const { stream, bytes } = await files.openRead(name);
      expect([bytes, String(await buffer(stream))]).toEqual([4, 'jpeg']);
    }));

  it('never share a name, not even 50 of the same millisecond', () =>
    withFolder(async (folder, files) => {
      const names = await Promise.all(
        Array.from({ length: 50 }, (_, index) => files.write(Buffer.from(`photo ${index}`), 'front', takenAt)),
      );
      expect(new Set(names).size).toBe(50);
      expect(await readdir(join(folder, 'photos', '2026', '11'))).toHaveLength(50);
      for (const [index, name] of names.entries()) expect(String(await files.read(name))).toBe(`photo ${index}`);
    }));

  it('get a folder again when somebody took it away', () =>
    withFolder(async (folder, files) => {
      await files.write(Buffer.from('a'), 'front', takenAt);
      await rm(join(folder, 'photos'), { recursive: true });
      expect(String(await files.read(await files.write(Buffer.from('b'), 'front', takenAt)))).toBe('b');
    }));

  it('leave nothing where they cannot be written', () =>
    withFolder(async (folder, files) => {
      await writeFile(join(folder, 'photos'), 'in the way');
      await expect(files.write(Buffer.from('a'), 'front', takenAt)).rejects.toMatchObject({ code: 'storage_failed' });
      expect(await readdir(folder)).toEqual(['photos']);
    }));

  it('leave nothing on a full disk, and say that it is full', ({ skip }) =>
    withFolder(async (folder) => {
      const disk = join(folder, 'disk');
      await mkdir(disk);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
      } catch {
        skip('needs the right to mount a small disk');
      }
      try {
        const files = new PhotoFiles(disk);
        const kept = await files.write(Buffer.alloc(10_000), 'front', takenAt);
        await expect(files.write(Buffer.alloc(100_000), 'front', takenAt)).rejects.toMatchObject({ code: 'disk_full' });
        expect(await readdir(join(disk, 'photos', '2026', '11'))).toEqual([kept]);
      } finally {
        execFileSync('umount', [disk]);
      }
    }));

  it('that are gone, or links to elsewhere, are not found', () =>
    withFolder(async (folder, files) => {
      const name = await files.write(Buffer.from('a'), 'front', takenAt);
      const path = join(folder, 'photos', '2026', '11', name);
      await unlink(path);
      await expect(files.openRead(name)).rejects.toMatchObject({ code: 'photo_not_found' });
      await symlink('/etc/passwd', path);
      await expect(files.openRead(name)).rejects.toMatchObject({ code: 'photo_not_found' });
      await expect(files.read(name)).rejects.toMatchObject({ code: 'photo_not_found' });
    }));

  it('are named by nobody outside', () =>
    withFolder(async (_, files) => {
      for (const name of ['../../etc/passwd', '/etc/passwd', '2026-11-22_14-32-08_../x_aaaaaa.jpg', 'a\0.jpg', '']) {
        await expect(files.read(name)).rejects.toThrow(TypeError);
      }
      const name = await files.write(Buffer.from('a'), '../..\0/Ünï', takenAt);
      expect(name).toMatch(/_n_[a-z0-9]{6}\.jpg$/);
      expect(await files.write(Buffer.from('a'), '...', takenAt)).toContain('_camera_');
    }));

  it('go with their thumbnails, and again without harm', () =>
    withFolder(async (folder, files) => {
      const name = await files.write(Buffer.from('a'), 'front', takenAt);
      expect(await files.readThumbnail(name, 480)).toBeUndefined();
      await files.writeThumbnail(name, 480, Buffer.from('one'));
      await files.writeThumbnail(name, 480, Buffer.from('two'));
      await files.writeThumbnail(name, 240, Buffer.from('small'));
      expect(String(await files.readThumbnail(name, 480))).toBe('two');
      expect(String(await files.readThumbnail(name, 240))).toBe('small');
      await files.remove(name);
      await files.remove(name);
      expect(await readdir(join(folder, 'photos', '2026', '11'))).toEqual([]);
      expect(await readdir(join(folder, 'thumbnails', '2026', '11'))).toEqual([]);
      expect(await readdir(join(folder, 'thumbnails', '240', '2026', '11'))).toEqual([]);
    }));

  it('that a crash left unfinished are swept away, while one being written stays', () =>
    withFolder(async (folder, files) => {
      const name = await files.write(Buffer.from('a'), 'front', takenAt);
      const month = join(folder, 'photos', '2026', '11');
      await writeFile(join(month, '.old.tmp'), 'half');
      await utimes(join(month, '.old.tmp'), 1, 1);
      await writeFile(join(month, '.new.tmp'), 'half');
      expect(await files.sweep(async () => [])).toEqual({ moved: [], kept: 0 });
      expect((await readdir(month)).sort()).toEqual(['.new.tmp', name]);
      expect(String(await readFile(join(month, name)))).toBe('a');
    }));

  it('moves old photos of its own naming that have no row, unless they are many', () =>
    withFolder(async (folder, files) => {
      const month = join(folder, 'photos', '2026', '11');
      const thumbnails = join(folder, 'thumbnails', '2026', '11');
      const write = () => files.write(Buffer.from('a'), 'front', takenAt);
      const [known, old, young] = [await write(), await write(), await write()];
      for (const name of [known, old, young]) {
        for (const width of [240, 480] as const) await files.writeThumbnail(name, width, Buffer.from('small'));
      }
      await writeFile(join(month, 'holiday.jpg'), 'somebody else put it here');
      const small = join(folder, 'thumbnails', '240', '2026', '11');
      for (const each of [join(month, known), join(month, 'holiday.jpg')]) await utimes(each, 1, 1);
      for (const each of [month, thumbnails, small]) await utimes(join(each, old), 1, 1);
      const withoutRow = async (names: string[]) => names.filter((name) => name !== known);
      expect(await files.sweep(withoutRow)).toEqual({ moved: [old], kept: 0 });
      expect((await readdir(month)).sort()).toEqual([known, young, 'holiday.jpg'].sort());
      for (const each of [thumbnails, small]) expect((await readdir(each)).sort()).toEqual([known, young].sort());
      expect(await readdir(join(folder, 'lost-photos'))).toEqual([old]);

      for (let count = 0; count < 30; count += 1) await utimes(join(month, await write()), 1, 1);
      expect(await files.sweep(withoutRow)).toEqual({ moved: [], kept: 30 });
      expect((await readdir(month)).length).toBe(33);
    }));
});

import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pino } from 'pino';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { PortholeError } from '../domain/errors.ts';
import type { Photo } from '../domain/photo.ts';
import type { Role } from '../domain/users/role.ts';
import type { Principal } from '../domain/users/user.ts';
import { PhotoFiles } from './photo-files.ts';
import { PhotoRepository } from './photo-repository.ts';
import { openTestDatabase } from '../store/test-databases.ts';
import { lacks, programPath } from '../../test/support/programs.ts';
import { Photos, type PhotoEvent, type StillTaker } from './photos.ts';

const log = pino({ level: 'silent' });
const takenAt = new Date(2026, 10, 22, 14, 32, 8).getTime();
let jpeg: Buffer;

beforeAll(async () => {
  const colour = { r: 20, g: 120, b: 140 };
  jpeg = await sharp({ create: { width: 1280, height: 720, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();
});

function who(role: Role, cameras: readonly string[] | null = null): Principal {
  const user = { id: 'u', username: 'ada', role, cameras, createdAt: 0 };
  return { kind: 'session', user, role, cameras, grant: 'session:s', sessionId: 's' };
}

async function open(options: { still?: StillTaker; undoMs?: number } = {}) {
  const test = await openTestDatabase();
  const repository = new PhotoRepository(test.database);
  const files = new PhotoFiles(test.dataFolder);
  const still: StillTaker = options.still ?? {
    takeStill: async () => ({ bytes: jpeg, width: 1280, height: 720, takenAt }),
  };
  const photos = Photos.open({ repository, files, still, log, undoMs: options.undoMs ?? 60_000 });
  const events: PhotoEvent[] = [];
  photos.onChange((event) => events.push(event));
  const take = (camera = 'front', count = 1): Promise<Photo[]> =>
    Promise.all(Array.from({ length: count }, () => photos.capture(camera, 'Front door', who('operator'))));
  const filesOnDisk = async () => {
    const names = await readdir(join(test.dataFolder, 'photos'), { recursive: true }).catch(() => []);
    return names.filter((name) => name.endsWith('.jpg') || name.endsWith('.tmp'));
  };
  return {
    ...test,
    photos,
    events,
    take,
    filesOnDisk,
    async [Symbol.asyncDispose]() {
      await photos.close();
      await test[Symbol.asyncDispose]();
    },
  };
}

it('the trash is emptied later if the database was away', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const away = [
    vi.spyOn(PhotoRepository.prototype, 'settleTrash').mockRejectedValue(new Error('away')),
    vi.spyOn(PhotoRepository.prototype, 'trash').mockRejectedValue(new Error('away')),
  ];
  try {
    await using test = await open({ undoMs: 0 });
    const [photo] = (await test.take()) as [Photo];
    await test.photos.delete([photo.id], null);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await test.filesOnDisk()).toHaveLength(1);
    for (const each of away) each.mockRestore();
    await vi.waitFor(async () => expect(await test.filesOnDisk()).toEqual([]), { timeout: 20_000, interval: 500 });
  } finally {
    for (const each of away) each.mockRestore();
    vi.useRealTimers();
  }
});

describe('a photo', () => {
  it('is a file, a row, a thumbnail and an event', async () => {
    await using test = await open();
    const [photo] = (await test.take()) as [Photo];
    expect(photo).toMatchObject({
      cameraId: 'front',
      cameraName: 'Front door',
      takenAt,
      takenBy: 'ada',
      width: 1280,
      height: 720,
      bytes: jpeg.length,
    });
    expect(photo.fileName).toMatch(/^2026-11-22_14-32-08_front_[a-z0-9]{6}\.jpg$/);
    expect(test.events).toEqual([{ type: 'photo', photo }]);
    expect((await test.photos.list({ cameras: null })).photos).toEqual([photo]);
    const { stream, bytes } = await test.photos.openFile(photo);
    expect(bytes).toBe(jpeg.length);
    expect((await buffer(stream)).equals(jpeg)).toBe(true);
    const thumbnail = await sharp(await test.photos.thumbnail(photo)).metadata();
    expect([thumbnail.format, thumbnail.width, thumbnail.height]).toEqual(['jpeg', 480, 270]);
  });

  it('never collides with another, even when 50 are taken in the same millisecond', async () => {
    await using test = await open();
    const photos = await test.take('front', 50);
    expect(new Set(photos.map((photo) => photo.id)).size).toBe(50);
    expect(new Set(photos.map((photo) => photo.fileName)).size).toBe(50);
    expect((await test.photos.list({ cameras: null })).photos).toHaveLength(50);
    expect(await test.filesOnDisk()).toHaveLength(50);
    expect(await test.photos.usage(null)).toEqual({ count: 50, bytes: 50 * jpeg.length });
  });

  it('is taken by operators of its camera only', async () => {
    await using test = await open();
    const take = (principal: Principal) => test.photos.capture('front', 'Front door', principal);
    await expect(take(who('viewer'))).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(take(who('admin', ['garden']))).rejects.toMatchObject({ code: 'camera_not_found' });
    expect((await take(who('operator', ['front']))).cameraId).toBe('front');
  });

  it('that the camera cannot give leaves nothing and says why', async () => {
    let error: Error = new PortholeError('camera_busy');
    await using test = await open({ still: { takeStill: () => Promise.reject(error) } });
    await expect(test.take()).rejects.toMatchObject({ code: 'camera_busy' });
    error = new Error('cable');
    await expect(test.take()).rejects.toMatchObject({ code: 'photo_failed' });
    expect(await test.filesOnDisk()).toEqual([]);
    expect(await test.photos.usage(null)).toEqual({ count: 0, bytes: 0 });
    expect(test.events).toEqual([]);
  });

  it('whose row cannot be written leaves no file', async () => {
    await using test = await open();
    const { sql } = await import('kysely');
    await sql`create trigger no_more before insert on photos begin select raise(fail, 'disk I/O error'); end`.execute(
      test.database.kysely,
    );
    await expect(test.take()).rejects.toMatchObject({ code: 'storage_failed' });
    expect(await test.filesOnDisk()).toEqual([]);
    expect(test.events).toEqual([]);
  });

  it('whose database is full leaves no file', async () => {
    await using test = await open();
    const { sql } = await import('kysely');
    await sql`pragma max_page_count = 1`.execute(test.database.kysely);
    const failures = await Promise.allSettled(Array.from({ length: 200 }, () => test.take()));
    const failed = failures.filter((result) => result.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const { reason } of failed) expect(reason).toMatchObject({ code: 'disk_full' });
    expect(await test.filesOnDisk()).toHaveLength(200 - failed.length);
  });

  it('whose file cannot be written leaves no row', async () => {
    await using test = await open();
    await writeFile(join(test.dataFolder, 'photos'), 'in the way');
    await expect(test.take()).rejects.toMatchObject({ code: 'storage_failed' });
    expect((await test.photos.list({ cameras: null })).photos).toEqual([]);
  });

  it('is refused in words when the whole data folder has vanished', async () => {
    await using test = await open();
    await rename(test.dataFolder, `${test.dataFolder}-away`);
    await expect(test.take()).rejects.toMatchObject({ code: 'storage_failed' });
    // Nothing is in the way when the folder comes back.
    await expect(stat(test.dataFolder)).rejects.toMatchObject({ code: 'ENOENT' });
    await rename(`${test.dataFolder}-away`, test.dataFolder);
    expect(await test.take()).toHaveLength(1);
  });

  it('of a camera that may not be seen is not found', async () => {
    await using test = await open();
    const [photo] = (await test.take('garden')) as [Photo];
    const cameras = ['front'];
    await expect(test.photos.get(photo.id, cameras)).rejects.toMatchObject({ code: 'photo_not_found' });
    await expect(test.photos.get('../../etc/passwd', null)).rejects.toMatchObject({ code: 'photo_not_found' });
    await expect(test.photos.archive([photo.id], cameras)).rejects.toMatchObject({ code: 'photo_not_found' });
    expect(await test.photos.delete([photo.id], cameras)).toEqual([]);
    expect((await test.photos.list({ cameras })).photos).toEqual([]);
    expect(await test.photos.days({ cameras })).toEqual([]);
    expect(await test.photos.get(photo.id, null)).toEqual(photo);
  });
});

describe('a thumbnail', () => {
  it('is made again when it is missing, once for all who ask', async () => {
    await using test = await open();
    const [photo] = (await test.take()) as [Photo];
    await rm(join(test.dataFolder, 'thumbnails'), { recursive: true });
    const made = await Promise.all(Array.from({ length: 5 }, () => test.photos.thumbnail(photo)));
    expect(new Set(made).size).toBe(1);
    expect(await readdir(join(test.dataFolder, 'thumbnails', '2026', '11'))).toEqual([photo.fileName]);
  });

  it('is smaller where a small one is enough, and kept like the other', async () => {
    await using test = await open();
    const [photo] = (await test.take()) as [Photo];
    const widthOf = async (least?: number) => (await sharp(await test.photos.thumbnail(photo, least)).metadata()).width;
    expect([await widthOf(), await widthOf(100), await widthOf(240), await widthOf(241), await widthOf(9000)]).toEqual([
      480, 240, 240, 480, 480,
    ]);
    const small = join(test.dataFolder, 'thumbnails', '240', '2026', '11', photo.fileName);
    expect((await sharp(small).metadata()).width).toBe(240);
    await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .jpeg()
      .toFile(small);
    expect(await widthOf(100)).toBe(1);
  });

  it('that cannot be made keeps no photo from being taken', async () => {
    const bytes = Buffer.from('no jpeg at all');
    await using test = await open({ still: { takeStill: async () => ({ bytes, width: 1, height: 1, takenAt }) } });
    const [photo] = (await test.take()) as [Photo];
    await expect(test.photos.thumbnail(photo)).rejects.toMatchObject({ code: 'photo_damaged' });
    await rm(join(test.dataFolder, 'photos'), { recursive: true });
    await expect(test.photos.thumbnail(photo)).rejects.toThrow(PortholeError);
    await expect(test.photos.openFile(photo)).rejects.toMatchObject({ code: 'photo_not_found' });
  });
});

describe('deleted photos', () => {
  it('are listed no more, come back in time, and tell everybody', async () => {
    await using test = await open();
    const [one, two] = (await test.take('front', 2)) as [Photo, Photo];
    test.events.length = 0;
    expect(await test.photos.delete([one.id, 'none'], null)).toEqual([one.id]);
    expect((await test.photos.list({ cameras: null })).photos).toEqual([two]);
    await expect(test.photos.get(one.id, null)).rejects.toMatchObject({ code: 'photo_not_found' });
    await test.photos.purge();
    expect(await test.photos.restore([one.id, two.id], null)).toEqual([one.id]);
    expect(await test.photos.get(one.id, null)).toEqual(one);
    expect(await test.filesOnDisk()).toHaveLength(2);
    expect(test.events).toEqual([
      { type: 'photos-deleted', ids: [one.id], cameraIds: ['front'] },
      { type: 'photo', photo: one },
    ]);
  });

  it('are gone for good by themselves when their time is over', async () => {
    await using test = await open({ undoMs: 50 });
    const [one, two] = (await test.take('front', 2)) as [Photo, Photo];
    await test.photos.delete([one.id], null);
    await sleep(60);
    expect(await test.photos.restore([one.id], null)).toEqual([]);
    await expect.poll(() => test.filesOnDisk(), { timeout: 10_000 }).toHaveLength(1);
    await expect
      .poll(async () => (await test.database.kysely.selectFrom('photos').select('id').execute()).length)
      .toBe(1);
    expect(await test.photos.get(two.id, null)).toEqual(two);
  });

  it('before the clock was set back are gone as soon as others', async () => {
    await using test = await open({ undoMs: 50 });
    const [one] = (await test.take()) as [Photo];
    await test.photos.delete([one.id], null);
    await test.database.kysely
      .updateTable('photos')
      .set({ deletedAt: Date.now() + 365 * 86_400_000 })
      .execute();
    await expect.poll(() => test.filesOnDisk(), { timeout: 10_000 }).toEqual([]);
  });

  it('whose file cannot be removed keep no others from going', async () => {
    await using test = await open();
    const [one, two] = (await test.take('front', 2)) as [Photo, Photo];
    for (const [index, { id }] of [one, two].entries()) {
      const change = test.database.kysely.updateTable('photos').set({ deletedAt: 1000 + index });
      await change.where('id', '=', id).execute();
    }
    const [, year = '', month = ''] = /^(\d+)-(\d+)/.exec(one.fileName) ?? [];
    const path = join(test.dataFolder, 'photos', year, month, one.fileName);
    await rm(path);
    await mkdir(path);
    const left = async () =>
      (await test.database.kysely.selectFrom('photos').select('id').execute()).map(({ id }) => id);
    await expect(test.photos.purge()).rejects.toMatchObject({ code: 'storage_failed' });
    expect([await left(), await test.filesOnDisk()]).toEqual([[one.id], [join(year, month, one.fileName)]]);
    await rm(path, { recursive: true });
    await test.photos.purge();
    expect(await left()).toEqual([]);
  });

  it('that an earlier run left are purged, though their files are already gone', async () => {
    await using test = await open();
    const [one] = (await test.take()) as [Photo];
    await test.database.kysely.updateTable('photos').set({ deletedAt: 1000 }).execute();
    await rm(join(test.dataFolder, 'photos'), { recursive: true });
    await test.photos.purge();
    expect(await test.database.kysely.selectFrom('photos').select('id').execute()).toEqual([]);
    expect(await test.photos.restore([one.id], null)).toEqual([]);
  });
});

describe('an archive', () => {
  it.skipIf(lacks('unzip'))('is a ZIP that unzip accepts, with each photo as it is', async () => {
    await using test = await open();
    const taken = await test.take('front', 3);
    const [gone] = (await test.take()) as [Photo];
    const file = join(test.dataFolder, 'photos', '2026', '11', gone.fileName);
    await rm(file);
    const path = join(test.dataFolder, 'archive.zip');
    const ids = [...taken, gone].map((photo) => photo.id);
    await pipeline(await test.photos.archive(ids, null), createWriteStream(path));
    const run = promisify(execFile);
    expect((await run(programPath('unzip'), ['-t', path])).stdout).toContain('No errors detected');
    const { stdout } = await run(programPath('unzip'), ['-Z1', path]);
    expect(stdout.trim().split('\n').sort()).toEqual(taken.map((photo) => photo.fileName).sort());
    const name = taken[0]?.fileName ?? '';
    const content = await run(programPath('unzip'), ['-p', path, name], { encoding: 'buffer', maxBuffer: 10_000_000 });
    expect(content.stdout.equals(jpeg)).toBe(true);
  });

  it('stops when its reader leaves, and waits for a slow one', async () => {
    const reads: string[] = [];
    await using test = await open();
    const { photoArchive } = await import('./photo-archive.ts');
    const [photo] = (await test.take()) as [Photo];
    const photos = Array.from({ length: 30 }, (_, number) => ({ ...photo, fileName: `${number}.jpg` }));
    const reader = {
      read: async (name: string) => {
        reads.push(name);
        return Buffer.alloc(1_000_000);
      },
    };
    const archive = photoArchive(photos, reader, log);
    await sleep(50);
    expect(reads.length).toBeLessThan(5);
    archive.destroy();
    await sleep(20);
    const after = reads.length;
    await sleep(20);
    expect(reads.length).toBe(after);
  });
});

describe('the list', () => {
  it('refuses a limit out of bounds', async () => {
    await using test = await open();
    for (const limit of [0, 201, 1.5, Number.NaN]) {
      await expect(test.photos.list({ cameras: null, limit })).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'limit',
      });
    }
  });

  it('pages through 10,000 photos, each once, and uses its index', async () => {
    await using test = await open();
    const { kysely } = test.database;
    await kysely.transaction().execute(async (transaction) => {
      for (let number = 0; number < 10_000; number += 1) {
        const row = {
          id: `id${String(number).padStart(6, '0')}`,
          cameraId: number % 3 === 0 ? 'garden' : 'front',
          cameraName: 'x',
          takenAt: takenAt + Math.floor(number / 4),
          takenBy: null,
          width: 1,
          height: 1,
          bytes: 10,
          fileName: `2026-11-22_14-32-08_front_${String(number).padStart(6, '0')}.jpg`,
          day: `2026-11-${10 + (number % 20)}`,
          deletedAt: null,
        };
        await transaction.insertInto('photos').values(row).execute();
      }
    });
    const seen = new Set<string>();
    let before: string | undefined;
    do {
      const page = await test.photos.list({ cameras: null, before, limit: 200 });
      for (const photo of page.photos) seen.add(photo.id);
      before = page.next ?? undefined;
    } while (before !== undefined);
    expect(seen.size).toBe(10_000);
    expect((await test.photos.days({ cameras: null })).length).toBe(20);
    expect(await test.photos.usage(['garden'])).toEqual({ count: 3334, bytes: 33_340 });
    const { sql } = await import('kysely');
    const plan = await sql<{ detail: string }>`explain query plan select id from photos where "deletedAt" is null
      and ("takenAt", "id") < (5, 'a') order by "takenAt" desc, "id" desc limit 60`.execute(kysely);
    expect(plan.rows.map((row) => row.detail).join()).toMatch(/SEARCH .*photos_listed/);
    expect(plan.rows.map((row) => row.detail).join()).not.toContain('TEMP B-TREE');
  });
});

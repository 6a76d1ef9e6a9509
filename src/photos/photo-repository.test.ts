import { describe, expect, it } from 'vitest';
import type { PortholeError } from '../domain/errors.ts';
import type { Photo } from '../domain/photo.ts';
import { openTestDatabase, testEngines } from '../store/test-databases.ts';
import { PhotoRepository } from './photo-repository.ts';

function photo(number: number, changes: Partial<Photo> = {}): Photo {
  const id = `photo-${String(number).padStart(6, '0')}`;
  return {
    id,
    cameraId: 'front',
    cameraName: 'Front door',
    takenAt: 1_800_000_000_000 + number * 1000,
    takenBy: 'ada',
    width: 1280,
    height: 720,
    bytes: 1000,
    fileName: `2027-01-15_08-00-00_front_${String(number).padStart(6, '0')}.jpg`,
    ...changes,
  };
}

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('photos on $kind', (engine) => {
  it('come newest first, page by page, with none twice and none missing, whatever shares a moment', async () => {
    await using test = await openTestDatabase(engine);
    const photos = new PhotoRepository(test.database);
    for (let number = 0; number < 25; number += 1) {
      await photos.insert(photo(number, { takenAt: 1_800_000_000_000 + Math.floor(number / 10) }), '2027-01-15');
    }
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const page = await photos.page({ cameras: null, limit: 7, before });
      expect(page.photos.length).toBeLessThanOrEqual(7);
      seen.push(...page.photos.map(({ id }) => id));
      before = page.next ?? undefined;
    } while (before !== undefined);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => photo(24 - index).id));
    const full = await photos.page({ cameras: null, limit: 25 });
    expect(full.next).toBeNull();
  });

  it('refuse a cursor that is none', async () => {
    await using test = await openTestDatabase(engine);
    const photos = new PhotoRepository(test.database);
    for (const before of ['x', '1_', "1_a' or 1=1", '99999999999999999_a']) {
      await expect(photos.page({ cameras: null, limit: 5, before })).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'before',
      });
    }
  });

  it('are not found by what no photo can have, such as an id with NUL', async () => {
    await using test = await openTestDatabase(engine);
    const photos = new PhotoRepository(test.database);
    const refused = engine.kind === 'postgres' ? 'invalid_input' : null;
    const outcome = async (found: Promise<unknown>) =>
      found.then(
        () => null,
        (error: unknown) => (error as PortholeError).code,
      );
    expect(await outcome(photos.get('a\0b', null))).toBe(refused);
    expect(await outcome(photos.deletedAt(1e300, null))).toBe(refused);
    expect(await photos.get('photo-000001', null)).toBeUndefined();
  });

  it('of cameras that may not be seen are in no answer', async () => {
    await using test = await openTestDatabase(engine);
    const photos = new PhotoRepository(test.database);
    const [mine, other] = [photo(1), photo(2, { cameraId: 'garden' })];
    await photos.insert(mine, '2027-01-15');
    await photos.insert(other, '2027-01-16');
    const cameras = ['front'];
    expect((await photos.page({ cameras, limit: 9 })).photos).toEqual([mine]);
    expect((await photos.page({ cameras, camera: 'garden', limit: 9 })).photos).toEqual([]);
    expect(await photos.get(other.id, cameras)).toBeUndefined();
    expect(await photos.get(other.id, null)).toEqual(other);
    expect(await photos.getMany([mine.id, other.id], cameras)).toEqual([mine]);
    expect(await photos.days(cameras)).toEqual([{ day: '2027-01-15', count: 1, bytes: 1000 }]);
    expect(await photos.usage(cameras)).toEqual({ count: 1, bytes: 1000 });
    expect(await photos.neighbours(mine, cameras)).toEqual({ newer: null, older: null });
    expect(await photos.delete([other.id], cameras, 1)).toEqual([]);
    await photos.delete([other.id], null, 1);
    expect(await photos.restore([other.id], cameras, 0)).toEqual([]);
    for (const nothing of [[], ['none']]) {
      expect((await photos.page({ cameras: nothing, limit: 9 })).photos).toEqual([]);
      expect(await photos.usage(nothing)).toEqual({ count: 0, bytes: 0 });
    }
  });

  it('know their neighbours, their days and their size', async () => {
    await using test = await openTestDatabase(engine);
    const photos = new PhotoRepository(test.database);
    const all = [1, 2, 3].map((number) => photo(number, { takenAt: 5, bytes: number * 1000 }));
    for (const [index, one] of all.entries()) await photos.insert(one, `2027-01-1${index > 0 ? 6 : 5}`);
    expect(await photos.neighbours(all[1] as Photo, null)).toEqual({ newer: all[2]?.id, older: all[0]?.id });
    expect(await photos.days(null)).toEqual([
      { day: '2027-01-16', count: 2, bytes: 5000 },
      { day: '2027-01-15', count: 1, bytes: 1000 },
    ]);
    expect(await photos.days(null, 'garden')).toEqual([]);
    expect(await photos.usage(null)).toEqual({ count: 3, bytes: 6000 });
  });

  it('in the trash are not listed, come back in time, and are forgotten only from there', async () => {
    await using test = await openTestDatabase(engine);
    const photos = new PhotoRepository(test.database);
    await photos.insert(photo(1), '2027-01-15');
    await photos.insert(photo(2), '2027-01-15');
    expect(await photos.delete([photo(1).id, photo(1).id, 'none'], null, 1000)).toEqual([
      { id: photo(1).id, cameraId: 'front' },
    ]);
    expect(await photos.delete([photo(1).id], null, 2000)).toEqual([]);
    expect(await photos.get(photo(1).id, null)).toBeUndefined();
    expect(await photos.trash(1000, 10)).toEqual([]);
    expect(await photos.trash(1001, 10)).toEqual([{ id: photo(1).id, fileName: photo(1).fileName, deletedAt: 1000 }]);
    expect(await photos.trash(1001, 10, { id: photo(1).id, deletedAt: 1000 })).toEqual([]);
    expect(await photos.restore([photo(1).id], null, 1001)).toEqual([]);
    expect(await photos.restore([photo(1).id, photo(2).id], null, 1000)).toEqual([photo(1)]);
    await photos.forget([photo(1).id]);
    expect(await photos.get(photo(1).id, null)).toEqual(photo(1));
  });

  it('are handled by the thousand in one call', async () => {
    await using test = await openTestDatabase(engine);
    const photos = new PhotoRepository(test.database);
    const count = 1200;
    await test.database.kysely.transaction().execute(async (transaction) => {
      for (let number = 0; number < count; number += 1) {
        const row = { ...photo(number), day: '2027-01-15', deletedAt: null };
        await transaction.insertInto('photos').values(row).execute();
      }
    });
    const ids = Array.from({ length: count }, (_, number) => photo(number).id);
    expect(await photos.getMany(ids, null)).toHaveLength(count);
    expect(await photos.delete(ids, null, 1)).toHaveLength(count);
    expect(await photos.restore(ids, null, 0)).toHaveLength(count);
  });

  it('knows which files have no row, also among many', async () => {
    await using test = await openTestDatabase(engine);
    const photos = new PhotoRepository(test.database);
    const [listed, deleted] = [photo(1), photo(2)];
    for (const each of [listed, deleted]) await photos.insert(each, '2027-01-15');
    await photos.delete([deleted.id], null, 1000);
    const unknown = Array.from({ length: 1200 }, (_, number) => photo(number + 10).fileName);
    expect(await photos.withoutRow([listed.fileName, ...unknown, deleted.fileName])).toEqual(unknown);
    expect(await photos.withoutRow([])).toEqual([]);
  });
});

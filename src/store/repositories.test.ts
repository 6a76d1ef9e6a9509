import { describe, expect, it } from 'vitest';
import type { Camera } from '../domain/camera.ts';
import type { Photo } from '../domain/photo.ts';
import { CameraRepository } from '../cameras/camera-repository.ts';
import { PhotoRepository } from '../photos/photo-repository.ts';
import { SettingsRepository } from './settings-repository.ts';
import { openTestDatabase, testEngines } from './test-databases.ts';
import { WatchingRepository } from '../cameras/watching/watching-repository.ts';

const front: Camera = { id: 'front', name: 'Front door', source: 'test:', enabled: true, position: 0 };
const garden: Camera = { id: 'garden', name: 'Garden', source: 'rtsp://a:b@c/d', enabled: false, position: 1 };

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

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('on $kind', (engine) => {
  describe('cameras', () => {
    it('are listed in their order as they were put in', async () => {
      await using test = await openTestDatabase(engine);
      const cameras = new CameraRepository(test.database);
      await cameras.insert(garden);
      await cameras.insert(front);
      expect(await cameras.list()).toEqual([front, garden]);
      await cameras.reorder(['garden', 'front']);
      expect((await cameras.list()).map((camera) => camera.id)).toEqual(['garden', 'front']);
    });

    it('change in what is given only', async () => {
      await using test = await openTestDatabase(engine);
      const cameras = new CameraRepository(test.database);
      await cameras.insert(front);
      await cameras.update('front', { enabled: false, name: 'Door' });
      await cameras.update('front', {});
      await cameras.update('unknown', { name: 'x' });
      expect(await cameras.list()).toEqual([{ ...front, enabled: false, name: 'Door' }]);
      await cameras.delete('front');
      await cameras.delete('front');
      expect(await cameras.list()).toEqual([]);
    });

    it('do not share an id', async () => {
      await using test = await openTestDatabase(engine);
      const cameras = new CameraRepository(test.database);
      await cameras.insert(front);
      await expect(cameras.insert(front)).rejects.toThrow();
    });
  });

  it('settings keep any JSON until they are unset', async () => {
    await using test = await openTestDatabase(engine);
    const settings = new SettingsRepository(test.database);
    expect(await settings.get('a')).toBeUndefined();
    await settings.set('a', { list: [1, null, 'é'] });
    await settings.set('a', { list: [2] });
    await settings.set('b', false);
    expect(await settings.get('a')).toEqual({ list: [2] });
    expect(await settings.get('b')).toBe(false);
    await settings.set('a', undefined);
    expect(await settings.get('a')).toBeUndefined();
  });

  it('watching belongs to a session and a camera, and is forgotten when it is old', async () => {
    await using test = await openTestDatabase(engine);
    const watching = new WatchingRepository(test.database);
    expect(await watching.get('s', 'front')).toBeUndefined();
    await watching.set('s', 'front', { streaming: true, width: 'source' });
    await watching.set('s', 'front', { streaming: true, width: 640 });
    await watching.set('s', 'garden', { streaming: false, width: 'source' });
    await watching.set('other', 'front', { streaming: false, width: 320 });
    expect(await watching.get('s', 'front')).toEqual({ streaming: true, width: 640 });
    expect([...(await watching.all('s'))]).toHaveLength(2);
    expect((await watching.all('s')).get('garden')).toEqual({ streaming: false, width: 'source' });
    await watching.prune(60_000);
    expect([...(await watching.all('s'))]).toHaveLength(2);
    await watching.prune(-1);
    expect([...(await watching.all('s'))]).toHaveLength(0);
  });

  describe('photos', () => {
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
      expect(await photos.trash(1001, 10)).toEqual([{ id: photo(1).id, fileName: photo(1).fileName }]);
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
  });
});

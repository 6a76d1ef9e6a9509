import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Camera } from '../domain/cameras/camera.ts';
import { migrationsFor } from '../store/migrations.ts';
import { openTestDatabase, testEngines } from '../store/test-databases.ts';
import { CameraRepository } from './camera-repository.ts';

const front: Camera = { id: 'front', name: 'Front door', source: 'test:', enabled: true, position: 0 };
const garden: Camera = { id: 'garden', name: 'Garden', source: 'rtsp://a:b@c/d', enabled: false, position: 1 };

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('cameras on $kind', (engine) => {
  it('are listed in their order as they were put in', async () => {
    await using test = await openTestDatabase(engine);
    const cameras = new CameraRepository(test.database);
    await cameras.insert(garden);
    await cameras.insert(front);
    expect(await cameras.list()).toEqual([front, garden]);
    await cameras.reorder(['garden', 'front']);
    expect((await cameras.list()).map((camera) => camera.id)).toEqual(['garden', 'front']);
  });

  it('change only in the given fields', async () => {
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

  it('have a sub-stream or none', async () => {
    await using test = await openTestDatabase(engine);
    const cameras = new CameraRepository(test.database);
    await cameras.insert({ ...garden, substream: 'rtsp://c/e' });
    expect(await cameras.list()).toEqual([{ ...garden, substream: 'rtsp://c/e' }]);
    await cameras.update('garden', { substream: null });
    expect(await cameras.list()).toEqual([garden]);
  });

  it('do not share an id', async () => {
    await using test = await openTestDatabase(engine);
    const cameras = new CameraRepository(test.database);
    await cameras.insert(front);
    await expect(cameras.insert(front)).rejects.toThrow();
  });

  it('remember the ids of removed ones, also of those before there was a table for that', async () => {
    await using test = await openTestDatabase(engine);
    const cameras = new CameraRepository(test.database);
    await cameras.insert(front);
    await cameras.use(['fixed', 'front']);
    await cameras.use(['fixed']);
    await cameras.delete('front');
    expect(await cameras.usedIds()).toEqual(new Set(['fixed', 'front']));
    const { kysely } = test.database;
    await cameras.insert(garden);
    await kysely.schema.dropTable('cameraIds').execute();
    await sql`insert into users (id, name, email, username, role, cameras, "createdAt", "updatedAt")
      values ('u', 'u', 'u', 'u', 'viewer', '["yard","garden"]', '2026-01-01', '2026-01-01')`.execute(kysely);
    await migrationsFor(engine.kind)['004-camera-ids']?.up(kysely);
    expect(await cameras.usedIds()).toEqual(new Set(['garden', 'yard']));
  });
});

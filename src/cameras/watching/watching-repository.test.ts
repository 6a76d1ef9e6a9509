import { describe, expect, it } from 'vitest';
import { openTestDatabase, testEngines, type TestDatabase } from '../../store/test-databases.ts';
import { WatchingRepository } from './watching-repository.ts';

const started = { streaming: true, width: 'source' } as const;

/** Adds a user with these sessions. */
async function addSessions({ database }: TestDatabase, ids: readonly string[]): Promise<void> {
  const now = database.date(Date.now());
  const user = { id: 'u', name: 'u', email: 'u', username: 'u', role: 'viewer', createdAt: now, updatedAt: now };
  await database.kysely.insertInto('users').values(user).execute();
  const dates = { createdAt: now, updatedAt: now, expiresAt: now };
  const sessions = ids.map((id) => ({ id, token: id, userId: 'u', ...dates, ipAddress: null, userAgent: null }));
  await database.kysely.insertInto('sessions').values(sessions).execute();
}

const count = async ({ database }: TestDatabase) =>
  (await database.kysely.selectFrom('watching').select('sessionId').execute()).length;

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('watching on $kind', (engine) => {
  it('belongs to a session and a camera', async () => {
    await using test = await openTestDatabase(engine);
    const watching = new WatchingRepository(test.database);
    expect(await watching.get('s', 'front')).toBeUndefined();
    await watching.set('s', 'front', started);
    await watching.set('s', 'front', { streaming: true, width: 640 });
    await watching.set('s', 'garden', { streaming: false, width: 'source' });
    await watching.set('other', 'front', { streaming: false, width: 320 });
    expect(await watching.get('s', 'front')).toEqual({ streaming: true, width: 640 });
    expect([...(await watching.all('s'))]).toHaveLength(2);
    expect((await watching.all('s')).get('garden')).toEqual({ streaming: false, width: 'source' });
  });

  it('is forgotten with its session, and when a visitor has not been here for long', async () => {
    await using test = await openTestDatabase(engine);
    await addSessions(test, ['here']);
    const watching = new WatchingRepository(test.database);
    for (const id of ['here', 'ended', 'visitor:a', 'visitor:b']) await watching.set(id, 'front', started);
    const { kysely } = test.database;
    const old = { updatedAt: Date.now() - 60_000 };
    await kysely.updateTable('watching').set(old).where('sessionId', 'in', ['here', 'visitor:a']).execute();
    // Set when the clock was a year ahead.
    const future = { updatedAt: Date.now() + 365 * 86_400_000 };
    await kysely.updateTable('watching').set(future).where('sessionId', '=', 'visitor:b').execute();
    await watching.prune(30_000);
    expect(await watching.get('here', 'front')).toEqual(started);
    expect(await watching.get('ended', 'front')).toBeUndefined();
    expect(await watching.get('visitor:a', 'front')).toBeUndefined();
    expect(await watching.get('visitor:b', 'front')).toEqual(started);
    await watching.prune(-1);
    expect(await count(test)).toBe(1);
  });

  it('of any number of visitors takes a bounded number of rows, and none from people', async () => {
    await using test = await openTestDatabase(engine);
    await addSessions(test, ['here']);
    const watching = new WatchingRepository(test.database);
    await watching.set('here', 'front', started);
    const row = { cameraId: 'front', streaming: 1, width: null };
    const now = Date.now();
    const many = Array.from({ length: 3000 }, (_, index) => ({
      sessionId: `visitor:${index}`,
      updatedAt: now - 3000 + index,
      ...row,
    }));
    for (let at = 0; at < many.length; at += 500) {
      await test.database.kysely
        .insertInto('watching')
        .values(many.slice(at, at + 500))
        .execute();
    }
    for (let index = 0; index < 200; index += 1) await watching.set(`visitor:new ${index}`, 'front', started);
    expect(await count(test)).toBeLessThan(2300);
    expect(await watching.get('visitor:0', 'front')).toBeUndefined();
    expect(await watching.get('visitor:new 199', 'front')).toEqual(started);
    expect(await watching.get('here', 'front')).toEqual(started);
  });
});

import { describe, expect, it } from 'vitest';
import { openTestDatabase, testEngines } from '../../store/test-databases.ts';
import { WatchingRepository } from './watching-repository.ts';

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('on $kind', (engine) => {
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
});

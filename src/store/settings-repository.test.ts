import { describe, expect, it } from 'vitest';
import { SettingsRepository } from './settings-repository.ts';
import { openTestDatabase, testEngines } from './test-databases.ts';

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('on $kind', (engine) => {
  it('settings keep any JSON until they are unset', async () => {
    await using test = await openTestDatabase(engine);
    const settings = new SettingsRepository(test.database);
    expect(await settings.get('a', (value) => value)).toBeUndefined();
    await settings.set('a', { list: [1, null, 'é'] });
    await settings.set('a', { list: [2] });
    await settings.set('b', false);
    expect(await settings.get('a', (value) => value)).toEqual({ list: [2] });
    expect(await settings.get('b', (value) => value)).toBe(false);
    await settings.set('a', undefined);
    expect(await settings.get('a', (value) => value)).toBeUndefined();
  });
});

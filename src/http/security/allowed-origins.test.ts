import { describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../store/test-databases.ts';
import { SettingsRepository } from '../../store/settings-repository.ts';
import { Settings } from './allowed-origins.ts';

describe('Settings', () => {
  it('allows no other site at first, then those that an admin names, once each', async () => {
    await using test = await openTestDatabase();
    const settings = new Settings(new SettingsRepository(test.database));
    expect(await settings.corsOrigins()).toEqual([]);
    await settings.setCorsOrigins([
      ' http://mainsail.local ',
      'https://example.org:8443/',
      'http://mainsail.local',
      '',
    ]);
    expect(await settings.corsOrigins()).toEqual(['http://mainsail.local', 'https://example.org:8443']);
  });

  it.each([
    '*',
    'null',
    'mainsail.local',
    'ftp://x',
    'http://x/path',
    'http://x?y',
    'http://user@x',
    'javascript:alert(1)',
  ])('refuses %s, and keeps what there was', async (origin) => {
    await using test = await openTestDatabase();
    const settings = new Settings(new SettingsRepository(test.database));
    await settings.setCorsOrigins(['http://before.local']);
    await expect(settings.setCorsOrigins([origin])).rejects.toMatchObject({ code: 'invalid_input', field: 'origins' });
    expect(await settings.corsOrigins()).toEqual(['http://before.local']);
  });

  it('changes both lists, or neither', async () => {
    await using test = await openTestDatabase();
    const settings = new Settings(new SettingsRepository(test.database));
    const both = async () => [await settings.corsOrigins(), await settings.hostNames()];
    const [site, host] = ['http://mainsail.local', 'cam.example.org'];
    await expect(settings.change({ origins: ['nonsense'], hosts: [host] })).rejects.toMatchObject({ field: 'origins' });
    await expect(settings.change({ origins: [site], hosts: ['not a host'] })).rejects.toMatchObject({ field: 'hosts' });
    expect(await both()).toEqual([[], []]);
    await settings.change({ origins: [site], hosts: [host] });
    expect(await both()).toEqual([[site], [host]]);
    await settings.change({ origins: [] });
    expect(await both()).toEqual([[], [host]]);
  });
});

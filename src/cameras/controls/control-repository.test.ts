import { describe, expect, it } from 'vitest';
import { ControlRepository } from './control-repository.ts';
import { openTestDatabase, testEngines } from '../../store/test-databases.ts';

describe.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))('controls on $kind', (engine) => {
  it('are kept by camera, each with the value that was set last', async () => {
    await using test = await openTestDatabase(engine);
    const controls = new ControlRepository(test.database);
    expect(await controls.get('front')).toEqual({});
    await controls.set('front', { brightness: -5, zoom: 2 ** 40 });
    await controls.set('front', { brightness: 7 });
    await controls.set('garden', { brightness: 1 });
    await controls.set('garden', {});
    expect(await controls.get('front')).toEqual({ brightness: 7, zoom: 2 ** 40 });
    await using again = await test.reopen();
    expect(await new ControlRepository(again).get('garden')).toEqual({ brightness: 1 });
  });

  it('are forgotten by camera', async () => {
    await using test = await openTestDatabase(engine);
    const controls = new ControlRepository(test.database);
    await controls.set('front', { brightness: 1 });
    await controls.set('garden', { brightness: 2 });
    await controls.clear('front');
    expect([await controls.get('front'), await controls.get('garden')]).toEqual([{}, { brightness: 2 }]);
  });
});

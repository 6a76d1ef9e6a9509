import { expect, it } from 'vitest';
import { openTestDatabase, testEngines } from '../store/test-databases.ts';
import { PhotoRepository } from './photo-repository.ts';
import { selectionOf } from './photo-selection.ts';

it.each(testEngines(process.env.PORTHOLE_TEST_POSTGRES))(
  'all photos, and days that no photo can be of, are a selection on $kind',
  async (engine) => {
    await using test = await openTestDatabase(engine);
    const photos = new PhotoRepository(test.database);
    const facts = { cameraId: 'front', cameraName: 'Front', takenBy: null, width: 1280, height: 720, bytes: 1000 };
    for (const [id, takenAt] of [
      ['early', 1],
      ['late', 1_800_000_000_000],
    ] as const) {
      const fileName = `2027-01-15_08-00-00_front_${id.padEnd(6, '2')}.jpg`;
      await photos.insert({ ...facts, id, takenAt, fileName }, '2027-01-15');
    }
    const selected = async (choice: Parameters<typeof selectionOf>[0]): Promise<readonly string[]> => {
      const parts = await Array.fromAsync(photos.selected(selectionOf(choice), null));
      return parts.flat().map(({ id }) => id);
    };
    expect(await selected({ all: true })).toEqual(['late', 'early']);
    expect(await selected({ all: true, until: 1 })).toEqual(['early']);
    expect(await selected({ all: true, until: -1 })).toEqual([]);
    expect(await selected({ days: ['1970-01-01'], zone: 'Asia/Tokyo' })).toEqual(['early']);
    expect(await selected({ days: ['0000-01-01', '1969-12-31', '9999-12-31'], zone: 'UTC' })).toEqual([]);
  },
);

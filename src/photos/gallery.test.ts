import { expect, it } from 'vitest';
import type { Photo } from '../domain/photo.ts';
import { byDay } from './gallery.ts';

const photos = ['front', 'yard'].map((cameraId): Photo => ({
  id: `p-${cameraId}`,
  cameraId,
  cameraName: cameraId,
  takenAt: 1_700_000_000_000,
  takenBy: null,
  width: 1280,
  height: 720,
  bytes: 9,
  fileName: `2023-11-14_22-13-20_${cameraId}_abc123.jpg`,
}));

it('photos are grouped by the day they were taken on, with the totals of the whole day', () => {
  expect(byDay(photos, [{ day: '2023-11-14', count: 9, bytes: 99 }])).toMatchObject([
    { day: '2023-11-14', photos: [{ id: 'p-front' }, { id: 'p-yard' }], total: { count: 9 } },
  ]);
});

import { expect, it } from 'vitest';
import { spaceWord } from './disk-space.ts';

it('the room for photos is the free space minus the reserve', () => {
  expect(spaceWord({ free: 3.2e9, reserve: 200e6 })).toBe(
    'Room for 3.0\u00a0GB more. Porthole keeps 200\u00a0MB of the disk free.',
  );
  const none =
    'No room for photos: the disk has 150\u00a0MB left, and photos leave 200\u00a0MB free. Delete photos or free some space.';
  expect(spaceWord({ free: 150e6, reserve: 200e6 })).toBe(none);
  expect(spaceWord({ free: 0, reserve: 0 })).toMatch(/^No room for photos/);
});

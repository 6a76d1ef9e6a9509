import { expect, it } from 'vitest';
import { initials } from './initials.ts';

it.each([
  ['admin', 'ad'],
  ['a-rather-long-name', 'ar'],
  ['x', 'x'],
  ['_.', '_.'],
])('the initials of %s are %s', (username, expected) => {
  expect(initials(username)).toBe(expected);
});

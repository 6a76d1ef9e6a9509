import { describe, expect, it } from 'vitest';
import { isRole, roleAllows, roles } from './role.ts';

describe('roleAllows', () => {
  it('lets each role do what those before it may, and nothing of those behind it', () => {
    const table = roles.map((role) => roles.map((needed) => roleAllows(role, needed)));
    expect(table).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});

describe('isRole', () => {
  it('knows the three roles and nothing else', () => {
    expect(roles.every(isRole)).toBe(true);
    expect(['Admin', '', 'root', 'constructor', null, undefined, 0, {}].some(isRole)).toBe(false);
  });
});

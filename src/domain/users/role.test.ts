import { describe, expect, it } from 'vitest';
import { isRole, roleAllows, roles } from './role.ts';

describe('roleAllows', () => {
  it('gives each role the permissions of lower roles, but not of higher ones', () => {
    const table = roles.map((role) => roles.map((needed) => roleAllows(role, needed)));
    expect(table).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});

describe('isRole', () => {
  it('accepts the three roles and nothing else', () => {
    expect(roles.every(isRole)).toBe(true);
    expect(['Admin', '', 'root', 'constructor', null, undefined, 0, {}].some(isRole)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { maySee, type Principal } from './user.ts';

function principal(cameras: Principal['cameras']): Principal {
  return { kind: 'public', user: null, role: 'viewer', cameras, grant: 'public', sessionId: null };
}

describe('maySee', () => {
  it('allows every camera without a list, and only the listed cameras otherwise', () => {
    expect(maySee(principal(null), 'front')).toBe(true);
    expect(maySee(principal(['front']), 'front')).toBe(true);
    expect(maySee(principal(['front']), 'Front')).toBe(false);
    expect(maySee(principal(['front']), 'back')).toBe(false);
    expect(maySee(principal([]), 'front')).toBe(false);
  });
});

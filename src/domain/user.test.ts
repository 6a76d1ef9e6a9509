import { describe, expect, it } from 'vitest';
import { maySee, type Principal } from './user.ts';

function principal(cameras: Principal['cameras']): Principal {
  return { kind: 'public', user: null, role: 'viewer', cameras, grant: 'public', sessionId: null };
}

describe('maySee', () => {
  it('allows every camera to whom none is listed, and only the listed ones to others', () => {
    expect(maySee(principal(null), 'front')).toBe(true);
    expect(maySee(principal(['front']), 'front')).toBe(true);
    expect(maySee(principal(['front']), 'Front')).toBe(false);
    expect(maySee(principal(['front']), 'back')).toBe(false);
    expect(maySee(principal([]), 'front')).toBe(false);
  });
});

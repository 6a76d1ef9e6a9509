import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asPortholeError, PortholeError, type ProblemCode, problemCodes, problemError, problems } from './errors.ts';

describe('PortholeError', () => {
  it('has the message of its code, or its own', () => {
    expect(new PortholeError('camera_off').message).toBe(problems.camera_off);
    expect(new PortholeError('camera_busy', { message: 'obs has it.' }).message).toBe('obs has it.');
  });

  it('can be restored from JSON', () => {
    const error = new PortholeError('invalid_input', { message: 'Too long.', field: 'name', detail: '61 characters' });
    const arrived = problemError(JSON.parse(JSON.stringify(error)) as ReturnType<PortholeError['toJSON']>);
    expect(arrived).toBeInstanceOf(PortholeError);
    expect(arrived.toJSON()).toEqual({
      code: 'invalid_input',
      message: 'Too long.',
      field: 'name',
      detail: '61 characters',
    });
  });

  it('does not reveal its cause', () => {
    const cause = new Error('connect ECONNREFUSED /srv/secret');
    expect(JSON.stringify(new PortholeError('internal', { cause }))).not.toContain('secret');
    expect(new PortholeError('internal', { cause }).cause).toBe(cause);
  });
});

describe('asPortholeError', () => {
  it('returns a PortholeError unchanged, and wraps any other error', () => {
    const own = new PortholeError('camera_off');
    expect(asPortholeError(own)).toBe(own);
    const other = new TypeError('x is undefined');
    expect(asPortholeError(other)).toMatchObject({ code: 'internal', message: problems.internal, cause: other });
    expect(asPortholeError('thrown text')).toMatchObject({ code: 'internal' });
  });
});

describe('the messages', () => {
  const codes = problemCodes;

  it.each(codes)('%s is a whole sentence', (code) => {
    expect(problems[code]).toMatch(/^[A-Z].*\.$/);
  });

  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  // Long messages are wrapped.
  const sections = new Map(
    page
      .split(/^### /m)
      .slice(1)
      .map((section) => [/^`(\w+)`/.exec(section)?.[1], section.replace(/\s+(> )?/g, ' ')]),
  );

  it.each(codes)('%s is described in docs/errors.md with its message', (code) => {
    expect(sections.get(code)).toContain(problems[code]);
  });

  it('are the only codes in docs/errors.md', () => {
    expect([...sections.keys()].filter((code) => !codes.includes(code as ProblemCode))).toEqual([]);
  });
});

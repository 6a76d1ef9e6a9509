import { expect, it } from 'vitest';
import { Cookies } from './cookies.ts';

it('cookies are sent back, the newest value of each', () => {
  const cookies = new Cookies();
  expect(cookies.header).toBeNull();
  expect(cookies.take(['a=1; Path=/; HttpOnly', 'session = "x y"', 'b=2'])).toBe(true);
  expect(cookies.take(['a=3'])).toBe(true);
  expect(cookies.take(['a=3; Max-Age=9', 'nonsense', '=x', `c=${'x'.repeat(2_000)}`])).toBe(false);
  expect(cookies.header).toBe('a=3; session="x; b=2');
});

it('a limited number of cookies is kept', () => {
  const cookies = new Cookies();
  cookies.take(Array.from({ length: 100 }, (_, at) => `c${at}=1`));
  expect(cookies.header?.split('; ')).toHaveLength(20);
});

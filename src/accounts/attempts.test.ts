import { describe, expect, it } from 'vitest';
import { addressKey, Attempts } from './attempts.ts';

function withClock(capacity = 1000) {
  const clock = { now: 1000 };
  const limits = { perAccount: 3, perAddress: 5, windowMs: 60_000, capacity };
  return { clock, attempts: new Attempts(limits, () => clock.now) };
}

const refused = expect.objectContaining({ code: 'too_many_requests' }) as unknown;

describe('wrong passwords', () => {
  it('for one account are limited, from wherever they come, until the window is over', () => {
    const { clock, attempts } = withClock();
    for (let index = 0; index < 3; index += 1) attempts.begin('ada', `10.0.0.${index}`);
    expect(() => attempts.begin('ada', '10.0.0.9')).toThrow(refused);
    attempts.begin('bob', '10.0.0.9');
    clock.now += 60_000;
    attempts.begin('ada', '10.0.0.9');
  });

  it('from one address are limited, whatever the account', () => {
    const { attempts } = withClock();
    for (let index = 0; index < 5; index += 1) attempts.begin(`user${index}`, '10.0.0.1');
    expect(() => attempts.begin('other', '10.0.0.1')).toThrow(refused);
    expect(() => attempts.begin(null, '::ffff:10.0.0.1')).toThrow(refused);
    attempts.begin('other', '10.0.0.2');
  });

  it('do not slip through when many are tried at once, and right ones do not count', () => {
    const { attempts } = withClock();
    const open = [1, 2, 3].map(() => attempts.begin('ada', '10.0.0.1'));
    expect(() => attempts.begin('ada', '10.0.0.1')).toThrow(refused);
    for (const attempt of open) {
      attempt.succeeded();
      attempt.succeeded();
    }
    for (let index = 0; index < 100; index += 1) attempts.begin('ada', '10.0.0.1').succeeded();
    expect(() => attempts.begin('ada', '10.0.0.1')).not.toThrow();
  });

  it('of a refused try do not make the wait longer, which is told', () => {
    const { clock, attempts } = withClock();
    for (let index = 0; index < 3; index += 1) attempts.begin('ada', '10.0.0.1');
    clock.now += 20_000;
    for (let index = 0; index < 9; index += 1)
      expect(() => attempts.begin('ada', '10.0.0.1')).toThrow(/Wait 40 seconds/);
    clock.now += 40_000;
    expect(() => attempts.begin('ada', '10.0.0.1')).not.toThrow();
  });

  it('are remembered in bounded memory', () => {
    const { attempts } = withClock(100);
    for (let index = 0; index < 5000; index += 1) attempts.begin(`user${index}`, `10.0.${index >> 8}.${index & 255}`);
    expect(attempts.size).toBeLessThanOrEqual(100);
  });
});

it('an address in IPv6 stands for its network', () => {
  expect(addressKey('2001:db8:0:1::5')).toBe(addressKey('2001:0db8:0000:0001:ffff:1:2:3'));
  expect(addressKey('2001:db8:0:1::5')).not.toBe(addressKey('2001:db8:0:2::5'));
  expect(addressKey('::1')).toBe('0:0:0:0::/64');
  expect(addressKey('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(addressKey('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(addressKey('192.0.2.1')).toBe('192.0.2.1');
});

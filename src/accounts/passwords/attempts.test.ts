import { describe, expect, it } from 'vitest';
import { addressKey, Attempts } from './attempts.ts';

function withClock(capacity = 1000) {
  const clock = { now: 1000 };
  const limits = {
    address: { most: 5, windowMs: 60_000 },
    accountAndAddress: { most: 3, windowMs: 60_000 },
    account: { most: 7, windowMs: 600_000 },
    device: { most: 3, windowMs: 60_000 },
    capacity,
  };
  const attempts = new Attempts(limits, () => clock.now);
  const begin = (account: string | null, ip: string, device: string | null = null) =>
    attempts.begin({ account, ip, device });
  return { clock, attempts, begin };
}

const refused = expect.objectContaining({ code: 'too_many_requests' }) as unknown;

describe('wrong passwords', () => {
  it('for one account from one address are limited, and leave other addresses alone, until the window is over', () => {
    const { clock, begin } = withClock();
    for (let index = 0; index < 3; index += 1) begin('ada', '10.0.0.1');
    expect(() => begin('ada', '10.0.0.1')).toThrow(refused);
    begin('ada', '10.0.0.2');
    begin('bob', '10.0.0.1');
    clock.now += 60_000;
    begin('ada', '10.0.0.1');
  });

  it('from one address are limited, for all accounts together', () => {
    const { begin } = withClock();
    for (let index = 0; index < 5; index += 1) begin(`user${index}`, '10.0.0.1');
    expect(() => begin('other', '10.0.0.1')).toThrow(refused);
    expect(() => begin(null, '::ffff:10.0.0.1')).toThrow(refused);
    begin('other', '10.0.0.2');
  });

  it('for one account from many addresses are limited for longer, but not for a known device', () => {
    const { clock, begin } = withClock();
    for (let index = 0; index < 7; index += 1) begin('ada', `10.0.0.${index}`);
    clock.now += 60_000;
    expect(() => begin('ada', '10.0.0.9')).toThrow(/Wait 9 minutes/);
    for (let index = 0; index < 3; index += 1) begin('ada', '10.0.0.1', 'phone');
    expect(() => begin('ada', '10.0.0.1', 'phone')).toThrow(refused);
    begin('ada', '10.0.0.1', 'laptop').succeeded();
    clock.now += 540_000;
    begin('ada', '10.0.0.9');
  });

  it('do not slip through when many are tried at once, and right ones do not count', () => {
    const { begin } = withClock();
    const open = [1, 2, 3].map(() => begin('ada', '10.0.0.1'));
    expect(() => begin('ada', '10.0.0.1')).toThrow(refused);
    for (const attempt of open) {
      attempt.succeeded();
      attempt.succeeded();
      attempt.withdraw();
    }
    for (let index = 0; index < 100; index += 1) begin('ada', '10.0.0.1').succeeded();
    for (let index = 0; index < 100; index += 1) begin('ada', '10.0.0.1').withdraw();
    expect(() => begin('ada', '10.0.0.1')).not.toThrow();
  });

  it('are not forgiven to everybody by a right one, and do not lock out the address that it came from', () => {
    const { begin } = withClock();
    for (let index = 0; index < 6; index += 1) begin('ada', `10.0.0.${index}`);
    begin('ada', '10.0.0.20').succeeded();
    begin('ada', '10.0.0.21');
    expect(() => begin('ada', '10.0.0.22')).toThrow(refused);
    for (let index = 0; index < 3; index += 1) begin('ada', '10.0.0.20');
    expect(() => begin('ada', '10.0.0.20')).toThrow(refused);
    expect(() => begin('bob', '10.0.0.20')).not.toThrow();
  });

  it('of a refused try do not make the wait longer, which is told', () => {
    const { clock, begin } = withClock();
    for (let index = 0; index < 3; index += 1) begin('ada', '10.0.0.1');
    clock.now += 20_000;
    for (let index = 0; index < 9; index += 1) {
      expect(() => begin('ada', '10.0.0.1')).toThrow(expect.objectContaining({ retryAfter: 40 }) as Error);
      expect(() => begin('ada', '10.0.0.1')).toThrow(/Wait 40 seconds/);
    }
    clock.now += 40_000;
    expect(() => begin('ada', '10.0.0.1')).not.toThrow();
  });

  it('are remembered in bounded memory', () => {
    const { attempts, begin } = withClock(100);
    for (let index = 0; index < 5000; index += 1) begin(`user${index}`, `10.0.${index >> 8}.${index & 255}`);
    expect(attempts.size).toBeLessThanOrEqual(100);
  });

  it('are waited for as long when the clock is set back a year', () => {
    const { now } = Date;
    try {
      const attempts = new Attempts();
      const tries = { account: 'ada', ip: '10.0.0.1', device: null };
      for (let index = 0; index < 10; index += 1) attempts.begin(tries);
      Date.now = () => now() - 365 * 86_400_000;
      expect(() => attempts.begin(tries)).toThrow(/Wait 5 minutes/);
    } finally {
      Date.now = now;
    }
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
